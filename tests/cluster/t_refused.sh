#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon with another configuration file: its node gets no share, and both sides say why. What
# clusterarpd-corosync -t finds.
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

say "clusterarpd-corosync -t, and what the other nodes say"
# checked [OPTION…]: on gamma.
checked() { inside gamma "$CLUSTERARPD_COROSYNC" -t "$@" >"$LAB_DIR/said" 2>&1; }
said() {
	grep -q "$1" "$LAB_DIR/said" || fail "-t does not say '$1': $(cat "$LAB_DIR/said")"
	ok "-t says: $1"
}
noted() { grep -q "$2" "$LAB_DIR/driver.$1.log"; }

checked -c "$LAB_CONF" -n gamma || fail "-t: $(cat "$LAB_DIR/said")"
said "node 3 gamma, sees 3 of 3"
! checked -c "$LAB_CONF" -n alpha || fail "-t is content with another node"
said "this host is node alpha, nodeid 1, but corosync runs here as nodeid 3 gamma"
sed 's/gamma/delta/' "$LAB_CONF" >"$LAB_DIR/delta.conf"
! checked -c "$LAB_DIR/delta.conf" -n delta || fail "-t is content with a node that corosync does not know"
said "corosync.conf, with 3 nodes, has none named delta"

lab_stop gamma
within 3 noted alpha "node 3, gamma takes no clients: clusterarpd does not run" ||
	fail "alpha does not say why gamma is out: $(tail -n 5 "$LAB_DIR/driver.alpha.log")"
ok "alpha says why gamma is out"
driver_stop beta
corosync_stop beta
within 5 has_members gamma 2 || fail "gamma sees beta"
checked -c "$LAB_CONF" -n gamma || fail "-t: $(cat "$LAB_DIR/said")"
said "corosync sees 2 of 3 nodes"
rows_end
