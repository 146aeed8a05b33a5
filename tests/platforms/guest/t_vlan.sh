#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The NIC is a VLAN interface (interface = eth0.10), the nodes' ports of the switch are trunks, the outsider's is
# an access port. What is untagged on eth0 remains the host's.

# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "$0")/links.sh"

lab_nodes 2 family=46
ip -n sw link set br0 type bridge vlan_filtering 1
for node in "${LAB_NODES[@]}"; do
	tagged "$node"
	bridge -n sw vlan add dev "p_$node" vid 10
done
vlan p_out 10 pvid untagged
# A host in the untagged VLAN, and alpha's address there.
lab_host office 52:54:00:00:00:f0
ip -n office addr add 198.51.100.2/24 dev eth0
ip -n alpha addr add 198.51.100.1/24 dev eth0

lab_config interface=eth0.10
lab_snapshot alpha >"$LAB_DIR/before"
lab_start_all
expect_datapath
all_well
on alpha ping -n -q -c 3 -i 0.2 -W "$(seconds 1)" 198.51.100.2 >/dev/null || fail "untagged traffic of eth0 is lost"
ok "untagged traffic goes on"
lab_stop_all
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged alpha "$LAB_DIR/before" "$LAB_DIR/after"
