#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All pairs with the defaults: dedicated_mac = unicast, with the dedicated MACs as wire sources. An
# outsider that uses a dedicated MAC reaches the node. A frame for another node's address at the
# cluster MAC is dropped (I4).

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=pairs.sh
. "$LAB_TOP/pairs.sh"

pairs_run dedicated_mac dedicated_mac=unicast

requests=$(pairs_requests ff:ff:ff:ff:ff:ff ff:ff:ff:ff:ff:ff)
expect "peers that are asked by broadcast" "12.12.4.102 12.12.4.103" \
	"$(awk '$2 == "ff:ff:ff:ff:ff:ff" { print $6 }' <<<"$requests" | sort -u | xargs)"
expect "sender MACs of requests" "$(dedicated_mac alpha)" "$(awk '{ print $5 }' <<<"$requests" | sort -u)"
to_dedicated alpha || fail "the outsider does not reach a dedicated MAC: $(cat "$LAB_DIR/output")"
ok "the outsider reaches a dedicated MAC"
forget out 12.12.4.101 eth0
reach out alpha || fail "out does not reach alpha"
expect "the outsider's entry for alpha" "$LAB_CLUSTER_MAC" "$(table out 12.12.4.101 eth0)"

before=$(counter alpha .drops.peer_address)
capture alpha cluster0 "$LAB_DIR/tap.pcap" icmp and dst 12.12.4.102
capture sw p_alpha "$LAB_DIR/wire.pcap" -Q in icmp
# A switch that has not learnt the cluster MAC sends such a frame to every port.
frames ping sw:p_alpha --eth-src "$(nic_mac out)" --eth-dst "$LAB_CLUSTER_MAC" \
	--src 12.12.4.200 --dst 12.12.4.102 --count 3
capture_stop
expect_num "drops.peer_address" "$(counter alpha .drops.peer_address)" ">=" $((before + 3))
expect "a peer's pings on alpha's TAP" 0 "$(frames longest "$LAB_DIR/tap.pcap")"
expect "alpha's answer to a peer's pings" 0 "$(frames longest "$LAB_DIR/wire.pcap")"
lab_stop_all
