#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab itself, and the problem, without any daemon. Hosts with individual MACs reach each other
# over the bridge. Nodes that share a MAC do not: the bridge has learnt that MAC on the sender's
# own port (a hub would carry the frame, and Linux would accept it). Outsiders reach the nodes.
# Frames of every length pass the bare wire.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

share_mac() {
	local node
	for node in alpha beta; do
		ip -n "$node" link set eth0 down
		ip -n "$node" link set eth0 address "$LAB_CLUSTER_MAC" up
		ip -n "$node" addr add "$(addr_of "$node")/24" dev eth0
	done
}

lost_all() {
	on alpha ping -n -c 3 -i 0.1 -W 1 "$(addr_of beta)" >"$LAB_DIR/output" 2>&1 && return 1
	grep -Eq '100% packet loss' "$LAB_DIR/output"
}

lab_nodes 2
lab_plain plain1 201
lab_plain plain2 202
within "$(seconds 5)" reach out plain1 || fail "the bare bridge carries no ping"

ping_clean out plain1 || fail "the bare bridge loses pings"
ping_clean plain2 plain1 || fail "the bare bridge loses pings"
{
	transfer_of plain1 plain2
	transfer_of out plain1
} | expect_transfers "the bare wire"

share_mac
expect_reach out alpha
lost_all || fail "beta can be reached with a shared MAC: $(cat "$LAB_DIR/output")"
ok "with a shared MAC alpha does not reach beta"

bare=$(frames sweep out:eth0 plain1:eth0 --src "$(nic_mac out)" --dst "$(nic_mac plain1)") ||
	fail "the bare wire alters frames"
say "$bare"
expect "plain lengths" "plain: 14-1514" "$(grep '^plain:' <<<"$bare")"
expect "tagged lengths" "dot1q: 20-1518" "$(grep '^dot1q:' <<<"$bare")"
frames sweep out:eth0 plain1:eth0 --src "$(nic_mac out)" --dst "$(nic_mac plain1)" --tags plain \
	--expect-src 02:00:00:00:00:01 --mtu 100 --patience 0.1 >/dev/null 2>&1 &&
	fail "the sweep does not notice a wrong source"
ok "the sweep notices a wrong source"

capture sw p_alpha "$LAB_DIR/alpha.pcap" arp
frames arp out:eth0 --sha 02:00:00:00:00:09 --spa 12.12.4.9 --tpa 12.12.4.8
capture_stop
expect "an ARP in a capture" \
	"02:00:00:00:00:09 ff:ff:ff:ff:ff:ff request 12.12.4.9 02:00:00:00:00:09 12.12.4.8 00:00:00:00:00:00" \
	"$(frames pcap2rows "$LAB_DIR/alpha.pcap" | grep -F 12.12.4.9)"
