#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The doctor and what a switch does not pass.
# run: once

# shellcheck source-path=SCRIPTDIR source=doctor.sh
. "$(dirname "$0")/doctor.sh"

lab_nodes 3 family=46 mtu=9000
lab_config gateway=12.12.4.200
lab_start_all

# --- the switch floods not, or has learnt the cluster MAC ---

port beta flood off
expect_found "a port without flooding" alpha "beta:no_flood"
expect_found "the same, there" beta ":no_flood"
port beta flood on
bridge -n sw fdb add "$LAB_CLUSTER_MAC" dev p_out master static
expect_found "the cluster MAC at an outsider's port" alpha ":cluster_mac_learnt"
bridge -n sw fdb del "$LAB_CLUSTER_MAC" dev p_out master
bridge -n sw fdb add "$LAB_CLUSTER_MAC" dev p_gamma master static
expect_found "the cluster MAC at gamma's port" alpha ":cluster_mac_learnt"
grep -q 'reach gamma' "$LAB_DIR/doctor" || fail "gamma is not named: $(cat "$LAB_DIR/doctor")"
expect_found "the same, there" gamma ":cluster_mac_learnt"
bridge -n sw fdb del "$LAB_CLUSTER_MAC" dev p_gamma master

# --- frames that do not pass ---

ip -n sw link set p_beta mtu 1500
expect_found "jumbo frames do not pass" alpha "beta:mtu"
ip -n sw link set p_beta mtu 9000
firewall "iifname p_alpha ether saddr != 52:54:00:00:00:01 drop"
expect_found "a filter for source MACs" alpha ":not_sending"
expect_found "the same, from a peer" beta "alpha:peer_absent"
firewall_off
firewall "oifname p_beta ether saddr $(dedicated_mac alpha) drop"
expect_found "from alpha to beta nothing passes" alpha "beta:peer_deaf"
firewall_off
firewall "ether type arp ether daddr ff:ff:ff:ff:ff:ff oifname p_beta drop"
expect_found "broadcasts do not reach beta" alpha "beta:no_broadcast"
firewall_off
firewall "ether daddr $(dedicated_mac beta) oifname p_beta drop"
expect_found "unicast does not reach beta" alpha "beta:no_unicast"
firewall_off
for node in "${LAB_NODES[@]}"; do port "$node" isolated on; done
expect_found "isolated ports" alpha ":isolated"
port gamma isolated off
expect_found "isolated from beta alone" alpha "beta:peer_absent"
for node in "${LAB_NODES[@]}"; do port "$node" isolated off; done
ip -n sw link set p_alpha down
expect_found "no cable" alpha ":nic"
ip -n sw link set p_alpha up
firewall "oifname p_alpha drop; iifname p_alpha drop"
carrier() { [ "$(ctl alpha -j status | jq .link.carrier)" = true ]; }
within "$(seconds 5)" carrier || fail "alpha's NIC has no carrier"
expect_found "another VLAN" alpha ":nothing_heard"
firewall_off
# With traffic that goes on, but no ARP. A router solicitation tells nothing of it.
on alpha ip neigh replace "$(addr_of beta)" lladdr "$(dedicated_mac beta)" nud permanent dev cluster0
on beta ip neigh replace "$(addr_of alpha)" lladdr "$(dedicated_mac alpha)" nud permanent dev cluster0
ip netns exec beta ping -n -q -i 0.1 "$(addr_of alpha)" >/dev/null &
PING=$!
/usr/bin/python3 "$LAB_TOP/frames.py" nd beta:cluster0 rs --eth-src "$LAB_CLUSTER_MAC" \
	--src "$(eui64 fe80:: "$(dedicated_mac beta)")" --count 600 --interval 0.1 &
SOLICIT=$!
firewall "ether type arp drop; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } drop"
expect_found "ARP is filtered" alpha ":arp_filtered"
firewall_off
firewall "ether type arp iifname p_beta drop; iifname p_beta icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } drop"
expect_found "ARP of beta is filtered" alpha "beta:arp_filtered"
firewall_off
kill "$PING" "$SOLICIT"
wait "$PING" "$SOLICIT" 2>/dev/null || true
expect_found "mended" alpha ""
lab_stop_all
