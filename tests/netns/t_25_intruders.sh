#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Other programs change the NIC's qdiscs and filters while the daemon runs, and the kernel has no tcx: an ingress qdisc
# replaces clsact, thousands of filters are added, a filter is put before the shield's. Each costs
# bounded work and no traffic, and the shield is first again as soon as possible.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1 family=46
NIC=$(nic_mac alpha)
lab_config adopt=no # an address on the NIC stays there
lab_snapshot alpha >"$LAB_DIR/before"
lab_preload no_tcx
lab_start_all
expect_reach out alpha

wakes() { awk '/^voluntary/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }
logged() { grep -c -- "$1" "$LAB_DIR/alpha.log" || true; }
# who_answers: the MACs that the outsider gets by ARP, and by Neighbour Discovery.
who_answers() {
	forget out "$(addr6_of alpha)" eth0
	LAB_FAMILY=6 reach out alpha
	table out "$(addr6_of alpha)" eth0
	arp_answers out 12.12.4.101 | sort -u
}

# first_filter HOOK: the filter that runs first: a program's name such as clusterarpd_in, or what
# tc prints instead.
first_filter() { on alpha tc filter show dev eth0 "$1" | awk '/ handle / { sub(/.* handle /, ""); print $2; exit }'; }
shield_first() {
	case "$(first_filter ingress)/$(first_filter egress)" in
	clusterarpd_*/clusterarpd_*) true ;;
	*) false ;;
	esac
}

# pings COUNT INTERVAL: pings from the outsider, in the background, until pings_done.
pings() {
	ip netns exec out ping -n -c "$1" -i "$2" -W "$(seconds 2)" 12.12.4.101 \
		>"$LAB_DIR/pings" 2>&1 &
	PINGS=$!
}
# pings_done WHAT: none duplicated, none lost, except that the last may still be in flight. Sets
# SLOWEST, the longest round trip in ms.
pings_done() {
	kill -INT "$PINGS" 2>/dev/null || true
	wait "$PINGS" || true
	! grep -Eq 'DUP!|Redirect|rrors' "$LAB_DIR/pings" || fail "$1: $(cat "$LAB_DIR/pings")"
	awk '/ packets transmitted/ { all = $4 > 0 && $1 - $4 <= 1 } END { exit !all }' \
		"$LAB_DIR/pings" || fail "$1: $(tail -n 3 "$LAB_DIR/pings")"
	ok "$1: $(grep -o '.* received' "$LAB_DIR/pings")"
	SLOWEST=$(sed -n 's|^rtt .* = [0-9.]*/[0-9.]*/\([0-9.]*\)/.*|\1|p' "$LAB_DIR/pings")
}

# clsact is replaced by an ingress qdisc. The daemon may act before the second of the two
# commands, which then fails.
replace_clsact() {
	printf 'qdisc del dev eth0 clsact\nqdisc add dev eth0 ingress\n' |
		on alpha tc -batch - >/dev/null 2>&1
}
pings 1000 0.2
within "$(seconds 5)" replace_clsact || fail "no ingress qdisc in place of clsact"
before=$(wakes)
sleep 2
expect_num "ingress qdisc instead of clsact: wake-ups in 2 s, with 10 pings" \
	$(($(wakes) - before)) "<" 60
expect "log lines about it" 1 "$(logged 'the shield is down and cannot be attached')"
expect "the qdisc that is there" "qdisc ingress" \
	"$(on alpha tc qdisc show dev eth0 | grep -o 'qdisc \(ingress\|clsact\)')"
expect_rc 0 "the operator removes it" ip netns exec alpha tc qdisc del dev eth0 ingress
within "$(seconds 2)" shield_first || fail "the shield is not back: $(on alpha tc filter show dev eth0 ingress)"
ok "the shield is back"
pings_done "pings during that time"
forget out 12.12.4.101 eth0
expect "answers to ARP and Neighbour Discovery" "$LAB_CLUSTER_MAC $LAB_CLUSTER_MAC" "$(who_answers | xargs)"

# Thousands of filters, each of which is a netlink event. Some kernels take 4,095 in one priority.
for ((i = 1; i <= 12000; i++)); do
	echo "filter add dev eth0 ingress prio $((10 + i / 3000)) protocol ip u32 match u32 $i 0xffffffff at 16 flowid 1:1"
done >"$LAB_DIR/batch"
expect_reach out alpha
pings 1000 0.02
on alpha tc -batch "$LAB_DIR/batch"
start=$(now_ms)
ctl alpha -j status >/dev/null || fail "no answer on the control socket"
expect_num "12000 filters: an answer on the control socket, ms" $(($(now_ms) - start)) "<" "$(seconds 1)000"
for prio in 10 11 12 13 14; do on alpha tc filter del dev eth0 ingress prio $prio; done
sleep 0.5
pings_done "pings during that time"
expect_num "the slowest ping, ms" "$SLOWEST" "<" "$(seconds 200)"
shield_first || fail "the shield is not first"

# A filter at the shield's own priority that accepts everything and runs first.
for hook in ingress egress; do
	on alpha tc filter add dev eth0 "$hook" prio 1 handle 5 bpf da bytecode '1,6 0 0 0,'
	within "$(seconds 2)" shield_first ||
		fail "$hook: the shield is not first: $(on alpha tc filter show dev eth0 "$hook")"
	ok "$hook: the shield is first again after a filter was put before it"
done
expect "the operator's filters are still there" 1/1 \
	"$(on alpha tc filter show dev eth0 ingress | grep -c 'handle 0x5 ')/$(on alpha tc filter show dev eth0 egress | grep -c 'handle 0x5 ')"
expect "the daemon's filters at each hook" 1/1 \
	"$(on alpha tc filter show dev eth0 ingress | grep -c clusterarpd_)/$(on alpha tc filter show dev eth0 egress | grep -c clusterarpd_)"
capture sw p_alpha "$LAB_DIR/wire.pcap" -Q in
forget out 12.12.4.101 eth0
expect "answers to ARP and Neighbour Discovery" "$LAB_CLUSTER_MAC $LAB_CLUSTER_MAC" "$(who_answers | xargs)"
on alpha ip -6 addr add 2001:db8::1/64 dev eth0
on alpha ping -n -c 1 -W 1 -I eth0 ff02::1 >/dev/null 2>&1 || true
for LAB_FAMILY in 4 6 ll; do ping_clean out alpha || fail "pings from out to alpha failed"; done
capture_stop
on alpha ip -6 addr del 2001:db8::1/64 dev eth0
expect_sources "sources on the wire (not $NIC)" "$LAB_DIR/wire.pcap" "$(dedicated_mac alpha)"

# Other programs' filters stay, and clsact with them.
lab_stop alpha
expect "filters left after the stop" 1/1 \
	"$(on alpha tc filter show dev eth0 ingress | grep -c ' handle ')/$(on alpha tc filter show dev eth0 egress | grep -c ' handle ')"
on alpha tc qdisc del dev eth0 clsact
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "after these filters were removed" "$LAB_DIR/before" "$LAB_DIR/after"
