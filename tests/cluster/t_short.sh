#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The short form of the other tests: a crash, a driver that is killed, a split, another configuration file.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

beta_with() {
	driver_stop beta
	lab_stop beta
	cluster_config "$@"
	lab_start beta
	driver_start beta
}
named() { grep -qE "(beta .*has another|this node.s) configuration" "$LAB_DIR/driver.$1.log"; }

cluster_start 3
row "kill -9 of a driver, again after 0.1 s" beta 3 driver_again beta
row_expect lost == 0
row_expect cut_victim == 0
cluster_settled alpha beta gamma

row "both switches split, 2:1" gamma 4 split both "alpha beta out" gamma
row_in_time 50
cluster_settled alpha beta
heal
cluster_settled alpha beta gamma

row "crash of a node" gamma 4 node_crash gamma
row_in_time 50
cluster_settled alpha beta
node_boot gamma
cluster_settled alpha beta gamma

say "another configuration file"
beta_with affinity=client
cluster_settled alpha gamma
for node in alpha gamma; do
	within 2 named "$node" || fail "$node: $(tail -n 5 "$LAB_DIR/driver.$node.log")"
	ok "$node names the node and the reason"
done
rows_end
