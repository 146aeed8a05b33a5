#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A switch that snoops MLD, with a querier (SPEC 3): multicast goes only where somebody has joined.
# With individual dedicated MACs nodes and outsider find each other all the same, once memberships
# that nobody renews have run out: the TAP's stack answers the queries, by the daemon.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3 family=6
bridge() { echo "$2" | on sw tee "/sys/class/net/br0/bridge/$1" >/dev/null; }
# A querier has a link-local address.
on sw sysctl -qw net.ipv6.conf.br0.disable_ipv6=0
within "$(seconds 5)" lab_settled sw || fail "br0: its address remains tentative"
# Times are in hundredths of a second: a query every 2 s, a membership lasts 5 s.
bridge multicast_query_interval 200
bridge multicast_query_response_interval 100
bridge multicast_startup_query_interval 100
bridge multicast_membership_interval 500
bridge multicast_querier_interval 500
ip -n sw link set br0 type bridge mcast_snooping 1 mcast_mld_version 2
ip -n sw link set br0 type bridge mcast_querier 1

lab_config
lab_start_all

members() { on sw bridge mdb show dev br0 | grep "port p_$1 " | awk '{ for (i = 1; i < NF; i++) if ($i == "grp") print $(i + 1) }'; }
is_member() { members "$1" | grep -qx "$2"; }
solicited_node() { printf 'ff02::1:ff00:%x\n' $((0x100 + $(node_index "$1"))); }

# Longer than a membership, and so by answers to queries alone.
sleep 7
for node in "${LAB_NODES[@]}"; do
	within "$(seconds 5)" is_member "$node" "$(solicited_node "$node")" ||
		fail "the switch does not know $node as a member of $(solicited_node "$node"): $(on sw bridge mdb show dev br0)"
	ok "the switch knows $node as a member of $(solicited_node "$node")"
done

# It filters: a group that nobody has joined goes nowhere.
capture gamma eth0 "$LAB_DIR/filtered.pcap" ether dst 33:33:00:00:77:77
frames nd out:eth0 rs --eth-src "$(nic_mac out)" --src :: --dst ff05::7777 --count 3
capture_stop
expect "frames for a group without members" 0 "$(frames longest "$LAB_DIR/filtered.pcap")"

# forget_all: so that everything has to be resolved again, by multicast.
forget_all() {
	local host
	for host in "${LAB_NODES[@]}"; do on "$host" ip -6 neigh flush dev cluster0; done
	on out ip -6 neigh flush dev eth0
}
for round in 1 2; do
	forget_all
	LAB_FAMILY=6 ping_all_pairs
	forget_all
	LAB_FAMILY=ll ping_all_pairs
	say "round $round"
	[ "$round" = 2 ] || sleep 6
done
LAB_FAMILY=6
expect_reach out alpha
on out ping -n -c 1 -W "$(seconds 1)" "$LAB_CLUSTER_IP6" >/dev/null || fail "the cluster address does not answer"
ok "the outsider reaches the cluster address"
for node in "${LAB_NODES[@]}"; do
	expect "$node's spoofed and conflict" "0 0" "$(counter "$node" .drops.spoofed) $(counter "$node" .drops.conflict)"
done
lab_stop_all
