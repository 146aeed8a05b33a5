#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node's cables: that of the service, that of the ring; frames that get lost in one direction.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

cluster_start 3
row "service cable out" gamma 4 cable_out gamma
row_within 50
cluster_settled alpha beta
row "service cable in" gamma 4 cable_in gamma
row_moves
cluster_settled alpha beta gamma

row "ring cable out" gamma 5 cable_out gamma ring
row_in_time 50
cluster_settled alpha beta
row "ring cable in" gamma 5 cable_in gamma ring
row_moves
cluster_settled alpha beta gamma

row "the ring loses what gamma sends" gamma 6 mute ring gamma
row_in_time 50
cluster_settled alpha beta
row "the ring loses nothing more" gamma 5 heal
row_moves
cluster_settled alpha beta gamma
rows_end
