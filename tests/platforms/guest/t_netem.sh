#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A network that delays, reorders, duplicates and loses frames (netem), both on the switch and on the node's own NIC.

# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "$0")/links.sh"

lab_nodes 2 family=46
for host in alpha beta out; do
	tc -n sw qdisc add dev "p_$host" root netem delay 3ms 1ms loss 0.5% duplicate 0.5% reorder 5% 50%
done
tc -n alpha qdisc add dev eth0 root netem delay 2ms loss 0.5%

lab_config dedicated_mac=unicast
lab_snapshot alpha | grep -v 'qdisc netem' >"$LAB_DIR/before"
lab_start_all
expect_datapath
for LAB_FAMILY in 4 6; do
	for host in beta out; do expect_reach alpha "$host"; done
done
transfer_all
lab_stop_all
expect "netem on eth0" 1 "$(tc -n alpha qdisc show dev eth0 | grep -c 'qdisc netem')"
lab_snapshot alpha | grep -v 'qdisc netem' >"$LAB_DIR/after"
expect_unchanged alpha "$LAB_DIR/before" "$LAB_DIR/after"
