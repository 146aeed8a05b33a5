#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A switch that snoops IGMP and MLD and is the querier. Individual dedicated MACs pass it, with either
# setting of arp. Group ones do not, until the nodes' ports are multicast-router ports (clusterarpd(7)).

# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "$0")/links.sh"

lab_nodes 2 family=46
on sw sysctl -qw net.ipv6.conf.br0.disable_ipv6=0
within 5 lab_settled sw || fail "br0: its address remains tentative"
ip -n sw addr add 12.12.4.250/24 dev br0
echo 100 | on sw tee /sys/class/net/br0/bridge/multicast_startup_query_interval >/dev/null
echo 100 | on sw tee /sys/class/net/br0/bridge/multicast_query_response_interval >/dev/null
ip -n sw link set br0 type bridge mcast_snooping 1 mcast_querier 1
sleep 3 # the querier is one when its first query is answered, or could have been

for arp in broadcast directed; do
	lab_config dedicated_mac=unicast arp="$arp"
	lab_start_all
	expect_datapath
	all_well
	lab_stop_all
done

for arp in broadcast directed; do
	lab_config dedicated_mac=multicast arp="$arp"
	lab_start_all
	LAB_FAMILY=4
	! within 3 reach alpha beta || fail "a switch that snoops passes group MACs: this test tests nothing"
	ok "group MACs with arp = $arp: lost"
	for host in alpha beta; do bridge -n sw link set dev "p_$host" mcast_router 2; done
	expect_reach alpha beta
	all_well
	lab_stop_all
	for host in alpha beta; do bridge -n sw link set dev "p_$host" mcast_router 1; done
done
