#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs attached by links, where the kernel has tcx (SPEC 5): the NIC's own stack neither
# receives, nor answers, nor sends. Whatever others do to qdiscs and filters, the programs stay, and
# no frame is lost; an operator's filters on the TAP still run first.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source-path=SCRIPTDIR source=stranger.sh
. "$(dirname "$0")/stranger.sh"

lab_nodes 2
on alpha sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0 \
	net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
NIC=$(nic_mac alpha)
lab_config adopt=no # addresses stay on the NIC: its stack has something to send
lab_snapshot alpha >"$LAB_DIR/before"
lab_start_all
TAP_PROGRAMS=$(by_path 0/0 0/1)

"$LAB_TOP/tcx.py" show lo ingress >"$LAB_DIR/output" 2>&1 || fail "this kernel has no tcx: $(cat "$LAB_DIR/output")"
expect "programs at the NIC, attached by links" 2 \
	"$({ on alpha "$LAB_TOP/tcx.py" show eth0 ingress && on alpha "$LAB_TOP/tcx.py" show eth0 egress; } | grep -c '^clusterarpd_')"
expect "programs at the TAP" "$TAP_PROGRAMS" "$(lab_attached alpha cluster0)"
expect "qdiscs of clsact" "" "$(on alpha tc qdisc show | grep clsact || true)"

# expect_shielded WHEN: ARP and multicast are answered once, and from the TAP.
expect_shielded() {
	forget out 12.12.4.101 eth0
	expect "$1: answers to ARP" "$LAB_CLUSTER_MAC" "$(arp_answers out 12.12.4.101 | sort -u)"
	on out ping -n -c 5 -i 0.05 -W 1 -I eth0 12.12.4.101 >"$LAB_DIR/output" || fail "$1: $(cat "$LAB_DIR/output")"
	! grep -q 'DUP\|duplicates' "$LAB_DIR/output" || fail "$1: $(cat "$LAB_DIR/output")"
	ok "$1: every ping answered once"
}
capture sw p_alpha "$LAB_DIR/wire.pcap" -Q in
expect_shielded "at first"
on alpha ip -6 addr add 2001:db8::1/64 dev eth0
on alpha ip addr add 12.99.0.1/24 dev eth0
on alpha ping -n -c 1 -W 1 12.99.0.2 >/dev/null 2>&1 || true
on alpha ping -n -c 1 -W 1 -I eth0 ff02::1 >/dev/null 2>&1 || true
on alpha ip addr del 12.99.0.1/24 dev eth0
on alpha ip -6 addr del 2001:db8::1/64 dev eth0
expect_stranger_unheard alpha
capture_stop
expect_sources "sources on the wire (not $NIC)" "$LAB_DIR/wire.pcap" "$(dedicated_mac alpha)"

# --- nobody's tc takes them away ---

# pings WHAT COMMAND…: 1000 pings, 2 ms apart, from outside and to a peer, while the command runs.
pings() {
	local what=$1 out alpha
	shift
	on out ping -n -c 1000 -i 0.002 -W "$(seconds 2)" 12.12.4.101 >"$LAB_DIR/out.pings" 2>&1 &
	out=$!
	on alpha ping -n -c 1000 -i 0.002 -W "$(seconds 2)" 12.12.4.102 >"$LAB_DIR/alpha.pings" 2>&1 &
	alpha=$!
	"$@"
	wait "$out" "$alpha" || true
	for out in out alpha; do
		expect "$what: pings of $out" "1000 received, 0% packet loss" \
			"$(grep -o '[0-9]* received.*loss' "$LAB_DIR/$out.pings")"
		! grep -q 'DUP' "$LAB_DIR/$out.pings" || fail "$what: a ping of $out is answered twice"
	done
}
removals() {
	local dev hook
	for _ in {1..40}; do
		for dev in eth0 cluster0; do
			for hook in ingress egress; do on alpha tc filter del dev "$dev" "$hook"; done
		done
	done
}
on alpha tc qdisc add dev eth0 clsact
on alpha tc qdisc add dev cluster0 clsact
pings "filters removed" removals

# The kernel resets the queues of a device that gets or loses clsact, and so loses what it sends at
# that moment, with any program or none. What comes in is not lost.
# shellcheck disable=SC2016
heard() { on alpha awk '/^Icmp:/ && $2 != "InMsgs" { print $10 }' /proc/net/snmp; }
# shellcheck disable=SC2016
on alpha timeout 3 sh -c 'while :; do
	for dev in eth0 cluster0; do tc qdisc del dev $dev clsact; tc qdisc add dev $dev clsact; done
done' &
loop=$!
before=$(heard)
on out ping -n -q -c 1000 -i 0.002 -W 1 12.12.4.101 >"$LAB_DIR/output" 2>&1 || true
wait "$loop" || true
expect "clsact removed again and again: pings that arrive" 1000 $(($(heard) - before))
for dev in eth0 cluster0; do on alpha tc qdisc del dev "$dev" clsact 2>/dev/null || true; done
expect "programs at the NIC" 1/1 "$(lab_attached alpha eth0)"
expect "programs at the TAP" "$TAP_PROGRAMS" "$(lab_attached alpha cluster0)"
expect "log lines about it" 0 "$(grep -c 'shield\|removed' "$LAB_DIR/alpha.log" || true)"

# An ingress qdisc, and filters that accept everything: they see nothing, and nothing is wrong.
for dev in eth0 cluster0; do on alpha tc qdisc add dev "$dev" ingress; done
ingress() {
	for dev in eth0 cluster0; do
		on alpha tc filter add dev "$dev" ingress pref 1 bpf da bytecode '1,6 0 0 0,'
		sleep 0.5
	done
}
pings "an ingress qdisc" ingress
expect "an ingress qdisc: problems" 0 "$(ctl alpha -j status | jq '.problems | length')"
expect_shielded "an ingress qdisc"
lab_stop alpha
on alpha tc qdisc show dev eth0 | grep -q ingress || fail "the operator's ingress qdisc is gone after a stop"
: >"$LAB_DIR/alpha.log"
lab_start alpha
expect "an ingress qdisc at the start: warnings" 1 "$(grep -c "eth0 has a qdisc 'ingress'" "$LAB_DIR/alpha.log")"
expect_shielded "an ingress qdisc at the start"
on alpha tc qdisc del dev eth0 ingress
expect "programs at the TAP" "$TAP_PROGRAMS" "$(lab_attached alpha cluster0)"

# --- an operator's filter on the TAP runs first ---

filtered() { on alpha tc filter show dev cluster0 egress | grep -q clusterarpd_tap; }
linked() { ! filtered && [ "$(lab_attached alpha cluster0)" = 0/1 ]; }
# A filter that accepts everything: the frames go through the daemon.
woken() { awk '/^voluntary/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }
operator() {
	on alpha tc filter add dev cluster0 egress pref 10 protocol ip u32 match u32 0 0 flowid 1:1
	within "$(seconds 2)" filtered || fail "the data path's program does not make way for the operator's filter"
}
if [ "$LAB_DATAPATH" = kernel ]; then
	on alpha tc qdisc add dev cluster0 clsact
	pings "an operator's filter on the TAP" operator
	before=$(woken)
	on alpha ping -n -q -i 0.01 -c 20 12.12.4.102 >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
	expect_num "frames that the operator's filter accepts: wake-ups" $(($(woken) - before)) ">=" 20
	remove() { on alpha tc filter del dev cluster0 egress pref 10; }
	pings "the operator's filter removed" remove
	within "$(seconds 2)" linked || fail "the link does not come back: $(lab_programs alpha cluster0 egress)"
	ok "the link is back"
	on alpha tc qdisc del dev cluster0 clsact
fi

# --- a tcx program of somebody else ---

# another DEVICE HOOK VERDICT: somebody attaches a program, before all others, until another_ends.
another() {
	local line
	coproc ANOTHER { exec ip netns exec alpha "$LAB_TOP/tcx.py" first "$@"; }
	read -r line <&"${ANOTHER[0]}"
	expect "another program at $1, $2" attached "$line"
}
another_ends() {
	kill "$ANOTHER_PID"
	wait "$ANOTHER_PID" 2>/dev/null || true
}
# look DEVICE: an event, upon which the daemon looks.
look() {
	on alpha tc qdisc add dev "$1" clsact
	on alpha tc qdisc del dev "$1" clsact
}

another eth0 ingress -1
look eth0
said() { grep -q 'eth0 has 1 tcx program(s) that run before the shield and may bypass it' "$LAB_DIR/alpha.log"; }
within "$(seconds 2)" said || fail "no line about the tcx program: $(cat "$LAB_DIR/alpha.log")"
ok "a line about the tcx program"
another_ends

# One that is there at the start, and passes everything to the NIC's stack, runs after the shield's.
lab_stop alpha
another eth0 ingress 0
: >"$LAB_DIR/alpha.log"
lab_start alpha
expect "the first program at the NIC" clusterarpd_in \
	"$(on alpha "$LAB_TOP/tcx.py" show eth0 ingress | sed -n '1s/ .*//p')"
expect "lines about programs that run before the shield" 0 "$(grep -c 'run before the shield' "$LAB_DIR/alpha.log" || true)"
expect_shielded "another program was there at the start"
another_ends

# One on the TAP runs before the data path's, as filters do.
if [ "$LAB_DATAPATH" = kernel ]; then
	another cluster0 egress -1
	look cluster0
	within "$(seconds 2)" filtered || fail "the data path's program does not make way for the one on the TAP"
	ok "another program on the TAP: the data path's is behind it, as a filter"
	another_ends
	on alpha tc qdisc del dev cluster0 clsact
	within "$(seconds 2)" linked || fail "the link does not come back: $(lab_programs alpha cluster0 egress)"
	ok "the link is back when it has gone"
fi
expect_shielded "at the end"

# --- without a service manager nothing outlasts the process ---

lab_kill alpha
expect "after a crash: programs at the NIC" 0/0 "$(lab_attached alpha eth0)"
lab_start alpha
expect_shielded "after a crash"
lab_stop_all
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "alpha" "$LAB_DIR/before" "$LAB_DIR/after"
