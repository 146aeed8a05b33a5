#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The shield (SPEC 5) where the kernel has no tcx: the NIC's own stack neither receives, nor answers,
# nor sends. Without the shield it does. A shield that was removed is attached again. t_20_tcx: where
# the kernel has tcx.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source-path=SCRIPTDIR source=stranger.sh
. "$(dirname "$0")/stranger.sh"

# The stack answers multicast pings here: if it receives one twice, it answers twice.
lab_nodes 1
on alpha sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0 \
	net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
NIC=$(nic_mac alpha)
lab_config adopt=no # addresses stay on the NIC: its stack has something to send
lab_preload no_tcx
lab_start alpha

shield_up() {
	on alpha tc filter show dev eth0 ingress | grep -q 'pref 1 bpf' &&
		on alpha tc filter show dev eth0 egress | grep -q 'pref 1 bpf'
}

# who_answers [ADDRESS]: the MACs that answer ARP for the address (alpha's), one per line.
who_answers() { arp_answers out "${1:-12.12.4.101}"; }
multicast_ping() { on out ping -n -c "$1" -i 0.05 -W "$LAB_REPLY" -I eth0 224.0.0.1 2>&1; }

expect_shielded() {
	expect "$1: answers to ARP" "$LAB_CLUSTER_MAC" "$(who_answers | sort -u)"
	multicast_ping 5 >"$LAB_DIR/output" || fail "$1: no answer to a multicast ping"
	! grep -q duplicates "$LAB_DIR/output" || fail "$1: $(cat "$LAB_DIR/output")"
	ok "$1: every multicast ping answered once"
}

shield_up || fail "no shield: $(on alpha tc filter show dev eth0 ingress)"
capture sw p_alpha "$LAB_DIR/wire.pcap" -Q in
expect_shielded "with the shield"
expect "answers to two requests" 2 "$(who_answers | wc -l)"

# Everything that makes a NIC's stack send: carrier, addresses, DAD, MLD, RS, ARP.
on alpha ip -6 addr add 2001:db8::1/64 dev eth0
on alpha ip addr add 12.99.0.1/24 dev eth0
expect "the NIC's answers for an address on it" 0 "$(who_answers 12.99.0.1 | grep -c "$NIC" || true)"
on alpha ping -n -c 1 -W 1 12.99.0.2 >/dev/null 2>&1 || true
on alpha ping -n -c 1 -W 1 -I eth0 ff02::1 >/dev/null 2>&1 || true
on alpha ip addr del 12.99.0.1/24 dev eth0
on alpha ip -6 addr del 2001:db8::1/64 dev eth0
ping_clean out alpha || fail "pings from out to alpha failed"
expect_stranger_unheard alpha
capture_stop
expect_sources "sources on the wire" "$LAB_DIR/wire.pcap" "$(dedicated_mac alpha)"

# Without the shield. A stopped daemon can neither attach it again nor answer from the TAP.
kill -STOP "${LAB_PID[alpha]}"
# shellcheck disable=SC2016
heard() { on alpha awk '/^Icmp:/ && $2 != "InMsgs" { print $10 }' /proc/net/snmp; }
before=$(heard)
multicast_ping 3 >/dev/null || true
# On the kernel data path the host receives the pings through the TAP, without the daemon.
expect "daemon stopped, shield attached: pings received" "$(by_path 0 3)" $(($(heard) - before))
expect "daemon stopped, shield attached: answers" "" "$(who_answers | sort -u)"
on alpha tc qdisc del dev eth0 clsact
expect "daemon stopped, no shield: answers" "$NIC" "$(who_answers | sort -u)"
before=$(heard)
multicast_ping 3 >/dev/null || true
expect "daemon stopped, no shield: pings received by the NIC's stack" 3 $(($(heard) - before))
kill -CONT "${LAB_PID[alpha]}"
within "$(seconds 1)" shield_up || fail "the shield does not come back within a second"
ok "the shield is back within a second"
forget out 12.12.4.101 eth0
expect_shielded "attached again"

# While the shield is removed again and again, some pings are received twice. (For answers to a
# multicast ping, ping(8) prints no DUP!, but counts the duplicates.)
on alpha timeout 3 sh -c 'while :; do tc qdisc del dev eth0 clsact 2>/dev/null; done' &
loop=$!
on out ping -n -c 1000 -i 0.002 -W 1 -I eth0 224.0.0.1 >"$LAB_DIR/output" 2>&1 || true
wait "$loop" || true
# On the kernel data path the program that redirects to the TAP is removed with the shield: a ping
# that the NIC's own stack receives then does not arrive at the TAP as well.
if [ "$LAB_DATAPATH" = user ]; then
	grep -q duplicates "$LAB_DIR/output" || fail "no duplicates without the shield: this test proves nothing"
	ok "without the shield: $(grep duplicates "$LAB_DIR/output")"
fi
within "$(seconds 1)" shield_up || fail "the shield does not come back within a second"

for hook in ingress egress; do
	on alpha tc filter del dev eth0 "$hook"
	within "$(seconds 1)" shield_up || fail "$hook: the filter does not come back within a second"
	ok "$hook: the deleted filter is back within a second"
done
expect_shielded "at the end"
lab_stop alpha
