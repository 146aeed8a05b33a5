#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node dies: everything of it at once, without a word. It comes back after a boot.
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
row "crash of a node" gamma 6 node_crash gamma
row_in_time 50
cluster_settled alpha beta
row "the node is back" gamma 6 node_boot gamma
row_moves
cluster_settled alpha beta gamma
rows_end
