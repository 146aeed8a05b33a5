#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An operator's own filters on the NIC: they are kept, they still run, and they do not bypass the
# shield. Link-local frames (01:80:c2) stay with the NIC's stack. A clean stop restores the
# previous state, with and without such filters. Without tcx an ingress qdisc is refused.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
NIC=$(nic_mac alpha)
lab_config adopt=no # an address on the NIC stays there

# The egress filter redirects UDP port 7777 to a separate device: such a frame is counted, and does
# not reach the wire.
operator_filters() {
	ip -n alpha link add sink0 type veth peer name sink1
	ip -n alpha link set sink0 addrgenmode none up
	ip -n alpha link set sink1 addrgenmode none up
	on alpha tc qdisc add dev eth0 clsact
	on alpha tc filter add dev eth0 egress protocol ip pref 10 u32 \
		match ip protocol 17 0xff match ip dport 7777 0xffff \
		action mirred egress redirect dev sink0
	on alpha tc filter add dev eth0 ingress protocol 0x88cc pref 10 u32 \
		match u32 0 0 action mirred egress mirror dev sink0
	for hook in ingress egress; do
		on alpha tc filter add dev eth0 "$hook" protocol all pref 20 bpf bytecode '1,6 0 0 4294967295'
	done
}

# hits ACTION: packets that the operator's Redirect (egress) or Mirror (ingress)
# has seen. A listing of either hook shows the u32 filters of both.
hits() {
	on alpha tc -s filter show dev eth0 egress |
		awk -v a="$1" '/mirred/ { ours = $0 ~ a } ours && /Sent/ { print $4 }'
}
own_filters() { on alpha tc filter show dev eth0 "$1" | grep -c 'pref [12]0 .*\(fh 800::800\|handle 0x1 \)' || true; }
udp_to_out() { on alpha bash -c "echo x >/dev/udp/12.12.4.200/$1"; }
redirected() { [ "$(hits Redirect)" = 1 ]; }
frames_in() { frames pcap2ip "$1" | wc -l; }

operator_filters
expect "operator's filters" 2/2 "$(own_filters ingress)/$(own_filters egress)"
lab_snapshot alpha >"$LAB_DIR/alpha.before"
lab_snapshot beta >"$LAB_DIR/beta.before"
lab_start_all
expect "operator's filters with the shield" 2/2 "$(own_filters ingress)/$(own_filters egress)"
expect_reach alpha out

capture sw p_alpha "$LAB_DIR/udp.pcap" -Q in udp
expect "hits before" 0/0 "$(hits Mirror)/$(hits Redirect)"
udp_to_out 7777
udp_to_out 7778
within "$(seconds 2)" redirected || true
capture_stop
expect "hits of the operator's egress filter" 1 "$(hits Redirect)"
expect "UDP on the wire (only port 7778)" 1 "$(frames_in "$LAB_DIR/udp.pcap")"

# LLDP, both ways; bridges do not forward it, so it is sent at the bridge's port.
LLDP="0180c200000e 525400000063 88cc 0207 0452540000006304 0302 3100 0602 0078 0000"
capture sw p_alpha "$LAB_DIR/lldp.pcap" -Q in ether proto 0x88cc
capture alpha cluster0 "$LAB_DIR/tap.pcap" ether proto 0x88cc
frames raw sw:p_alpha "$LLDP"
frames raw alpha:eth0 "$LLDP"
capture_stop
expect "hits of the operator's ingress filter" 1 "$(hits Mirror)"
expect "LLDP of the NIC's stack on the wire" "52:54:00:00:00:63" "$(frames sources "$LAB_DIR/lldp.pcap")"
expect "LLDP on the TAP" "" "$(frames sources "$LAB_DIR/tap.pcap")"

# The operator's filters of pref 20 accept everything: they do not bypass the shield.
capture sw p_alpha "$LAB_DIR/wire.pcap" -Q in
on alpha ip -6 addr add 2001:db8::1/64 dev eth0
expect "answers to ARP" "$LAB_CLUSTER_MAC" "$(arp_answers out 12.12.4.101 | sort -u)"
on alpha ping -n -c 1 -W 1 -I eth0 ff02::1 >/dev/null 2>&1 || true
on alpha ip -6 addr del 2001:db8::1/64 dev eth0
capture_stop
expect_sources "sources on the wire (not $NIC)" "$LAB_DIR/wire.pcap" "$(dedicated_mac alpha)"

lab_stop_all
lab_snapshot alpha >"$LAB_DIR/alpha.after"
lab_snapshot beta >"$LAB_DIR/beta.after"
expect_unchanged "alpha (with an operator's filters)" "$LAB_DIR/alpha.before" "$LAB_DIR/alpha.after"
expect_unchanged "beta (without)" "$LAB_DIR/beta.before" "$LAB_DIR/beta.after"

on alpha tc qdisc del dev eth0 clsact
on alpha tc qdisc add dev eth0 ingress
lab_preload no_tcx
expect_rc 3 "an ingress qdisc" \
	ip netns exec alpha "${LAB_WITH[@]}" "$CLUSTERARPD" -c "$LAB_CONF" -n alpha -s "$(socket_of alpha)"
grep -q ingress "$LAB_DIR/output" || fail "no line about the ingress qdisc: $(cat "$LAB_DIR/output")"
expect "the ingress qdisc is still there" 1 "$(on alpha tc qdisc show dev eth0 | grep -c ingress)"
expect_rc 1 "its TAP is gone" ip -n alpha link show cluster0
