#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon with another configuration file: its node gets no share, and both sides say why.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

# gamma_with [lab_config's settings]: its daemon and its driver, with a file that has these, too.
gamma_with() {
	driver_stop gamma
	lab_stop gamma
	cluster_config "$@"
	lab_start gamma
	driver_start gamma
}
named() { grep -qE "(gamma .*has another|this node.s) configuration" "$LAB_DIR/driver.$1.log"; }

cluster_start 3
row "another file" gamma 4 gamma_with affinity=client
row_moves
cluster_settled alpha beta
for node in alpha beta gamma; do
	within 2 named "$node" || fail "$node does not say that gamma's configuration is another: $(tail -n 5 "$LAB_DIR/driver.$node.log")"
	ok "$node names the node and the reason"
done
row "the same file again" gamma 4 gamma_with
row_moves
cluster_settled alpha beta gamma
rows_end
