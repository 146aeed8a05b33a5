#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The switches break into parts: two nodes and one, and three. Nobody answers without quorum, and never two.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

ring_in_three() {
	split ring alpha beta gamma
	sleep 4
	heal
}

cluster_start 3
row "both switches split, 2:1" gamma 5 split both "alpha beta out" gamma
row_in_time 50
cluster_settled alpha beta
row "both switches healed" gamma 5 heal
row_moves
cluster_settled alpha beta gamma

say "the clients reach all nodes, but these do not hear each other"
row "ring split, 2:1" gamma 5 split ring "alpha beta" gamma
row_in_time 50
cluster_settled alpha beta
row "ring healed" gamma 5 heal
row_moves
cluster_settled alpha beta gamma

# No part has quorum.
row "ring split, 1:1:1, for 4 s" "" 10 ring_in_three
row_within 8000
cluster_settled alpha beta gamma
rows_end
