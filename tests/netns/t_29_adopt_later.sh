#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# adopt = yes (SPEC 5): addresses and routes that appear on the NIC while the daemon runs move to the
# TAP once nothing has changed for half a second, and back at the stop. A program that adds an
# address again and again causes no endless loop.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=adopt.sh
. "$LAB_TOP/adopt.sh"

lab_nodes 2
RECORD=$(socket_of alpha).eth0.adopted.json
on_nic() { ip -n alpha -o addr show dev eth0 scope global | awk '{ print $4 }' | sort | xargs; }
on_tap() { ip -n alpha -o addr show dev cluster0 scope global | awk '{ print $4 }' | sort | xargs; }
nic_is_empty() { [ -z "$(on_nic)$(routes_of eth0)" ]; }
tap_has() { ip -n alpha -o addr show dev cluster0 to "$1" | grep -q .; }
has_moved() { tap_has "$1" && nic_is_empty; }
# expect_moved ADDRESS
expect_moved() {
	within "$(seconds 3)" has_moved "$1" ||
		fail "$1 does not move: NIC: $(ip -n alpha addr show dev eth0; routes_of eth0); TAP: $(on_tap)"
	within "$(seconds 1)" are_marked || fail "connected routes of the TAP: $(ip -n alpha route)"
	ok "$1 has moved to the TAP"
}
moves() { grep -c "its $1 moves to cluster0" "$LAB_DIR/alpha.log" || true; }
problems() { ctl alpha -j status | jq -c '[.problems[] | .id, .severity]'; }
problems_are() { [ "$(problems)" = "$1" ]; }
wakes() { awk '/^voluntary/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }
announced() {
	frames pcap2rows "$LAB_DIR/arp.pcap" | awk -v a="$1" -v m="$LAB_CLUSTER_MAC" \
		'$4 == a && $6 == a && $5 == m' | wc -l
}

# --- a network manager that comes after the daemon ---------------------------------------

ip -n alpha addr flush dev eth0 scope global
lab_snapshot alpha >"$LAB_DIR/bare"
start
lab_start beta
lab_announced
expect "problems at first" '[]' "$(problems)"

# As ifupdown does it: an address and a default route.
capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in arp
began=$(now_ms)
ip -n alpha addr add 12.12.4.101/24 brd + dev eth0
ip -n alpha addr add 12.12.4.150/24 dev eth0
ip -n alpha route add default via 12.12.4.200 dev eth0
expect_moved 12.12.4.150
expect_num "after, in ms" $(($(now_ms) - began)) ">=" 500
expect "the default route" "12.12.4.200 cluster0" \
	"$(ip -n alpha -j route show default | jq -r '.[] | "\(.gateway) \(.dev)"')"
expect "the source of connections that alpha starts" 12.12.4.101 \
	"$(ip -n alpha -j route get 12.12.4.200 | jq -r '.[].prefsrc')"
lab_announced
capture_stop
for address in 12.12.4.101 12.12.4.150; do
	expect "$address is announced" 3 "$(announced $address)"
done
expect "log lines" "1 1 1" "$(moves 'address 12.12.4.101/24') $(moves 'address 12.12.4.150/24') $(moves 'default route')"
expect_said 'its address 12\.12\.4\.150/24 moves to cluster0'
expect "in the record" "12.12.4.101/24 12.12.4.150/24" \
	"$(jq -r '.items[] | select(.kind == "address") | .prefix' "$RECORD" | sort | xargs)"
expect "problems" '[]' "$(problems)"
ping_from out eth0 12.12.4.150
ping_from out eth0 12.12.4.101
ping_from beta cluster0 12.12.4.101
ok "the addresses work"

# An IPv6 address waits until it is not tentative. A link-local one does not move (it is removed: see
# t_35_nic_ipv6.sh).
began=$(now_ms)
ip -n alpha addr add 2001:db8:1::150/64 dev eth0
ip -n alpha addr add fe80::150/64 dev eth0 nodad
expect_moved 2001:db8:1::150
expect_num "after, in ms" $(($(now_ms) - began)) ">=" 1400 # detection takes at least 1 s
expect "the link-local address" "" "$(ip -n alpha -o addr show to fe80::150)"
expect "its log lines" 1 "$(moves 'address 2001:db8:1::150/64')"

# --- half a second without a change; but not for ever --------------------------------------

looks=0
for i in {1..6}; do
	came=$(now_ms)
	ip -n alpha addr add "10.20.$i.1/24" dev eth0
	sleep 0.3
	left=$(on_nic)
	[ $(($(now_ms) - came)) -lt 500 ] || continue # a busy machine: it may have moved
	[ -n "$left" ] || fail "addresses move while others still come"
	looks=$((looks + 1))
done
[ "$LAB_PACE" -gt 1 ] || expect_num "looks in time at addresses that come" "$looks" ">=" 1
expect_moved 10.20.1.1
expect_moved 10.20.6.1
for ((i = 0, began = $(now_ms); $(now_ms) - began < 8000; i++)); do
	ip -n alpha addr add "10.21.$i.1/24" dev eth0
	sleep 0.2
	! tap_has 10.21.0.1 || break
done
tap_has 10.21.0.1 || fail "addresses do not move while others come all the time"
expect_num "changes all the time: moved after ms" $(($(now_ms) - began)) "<=" "$(seconds 7)000"
expect_moved "10.21.$i.1"

# --- lifetimes -----------------------------------------------------------------------------

lifetime() { ip -n alpha -j addr show dev cluster0 to "$1" | jq '[.[].addr_info[]? | .valid_life_time] | max'; }
for family in 12.12.4.170/24 2001:db8:1::170/64; do
	ip -n alpha addr add $family dev eth0 valid_lft 300 preferred_lft 200
	expect_moved "${family%/*}"
	expect_num "$family: lifetime" "$(lifetime "${family%/*}")" "<=" 300
	ip -n alpha addr add $family dev eth0 valid_lft 900 preferred_lft 800
	expect_moved "${family%/*}"
	expect_num "$family: renewed lifetime" "$(lifetime "${family%/*}")" ">" 800
done
ip -n alpha addr add 12.12.4.170/24 dev eth0
expect_moved 12.12.4.170
expect_num "without an end now" "$(lifetime 12.12.4.170)" ">" 4000000000

# --- a program that adds its address again and again ------------------------------------------

writes() {
	while sleep 0.1; do
		ip -n alpha addr replace 12.12.4.160/24 dev eth0
		ip -n alpha route replace 198.51.100.0/24 via 12.12.4.200 dev eth0 onlink
	done
}
writes &
WRITER=$!
within "$(seconds 30)" said 'adds its address 12\.12\.4\.160/24 again and again: it is left there' ||
	fail "no end: $(cat "$LAB_DIR/alpha.log")"
sleep 6
before=$(wakes)
sleep 6 # the writer goes on
expect "moves" 3 "$(moves 'address 12.12.4.160/24')"
expect_num "moves of its route" "$(moves 'route to 198.51.100.0/24')" "<=" 3
expect "warnings" 1 "$(grep -c 'adds its address 12.12.4.160/24 again and again' "$LAB_DIR/alpha.log")"
expect_num "wake-ups in 6 s, with 120 changes" $(($(wakes) - before)) "<" 300
expect "problems" '["nic_address_rewritten","warning"]' "$(problems)"
ctl alpha -j status | jq -e '.problems[0].text | contains("address 12.12.4.160/24")' >/dev/null ||
	fail "the problem does not name the address: $(ctl alpha -j status | jq .problems)"
tap_has 12.12.4.160 || fail "the address that is left on the NIC is not on the TAP any more"
ping_from out eth0 12.12.4.160
ping_from alpha 12.12.4.101 12.12.4.200
ip -n alpha addr add 10.22.0.1/24 dev eth0
within "$(seconds 8)" tap_has 10.22.0.1 || fail "other addresses do not move any more"
ok "other addresses still move"
kill "$WRITER"
wait "$WRITER" 2>/dev/null || true
ip -n alpha route del 198.51.100.0/24 dev eth0 2>/dev/null || true
ip -n alpha addr del 12.12.4.160/24 dev eth0
within "$(seconds 3)" problems_are '[]' || fail "problems after the address is gone: $(problems)"
ok "no problem any more"

# --- crash and stop -----------------------------------------------------------------------------

tap_before=$(on_tap)
lab_kill alpha
lab_start alpha
expect "a crash: addresses on the TAP" "$tap_before" "$(on_tap)"
lab_stop alpha
expect "stop: addresses given back" "$(tr ' ' '\n' <<<"$tap_before" | grep -v "^$LAB_CLUSTER_IP/" | xargs)" "$(on_nic)"
expect "stop: the default route" "12.12.4.200 eth0" \
	"$(ip -n alpha -j route show default | jq -r '.[] | "\(.gateway) \(.dev)"')"
expect "files left" "" "$(files_left)"
ip -n alpha route flush dev eth0
ip -n alpha addr flush dev eth0 scope global
ip -n alpha addr del fe80::150/64 dev eth0 # removed, and given back
ip -n alpha -6 route flush root 2001:db8::/32 # what the kernel leaves of a limited lifetime
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "after the addresses were removed" "$LAB_DIR/bare" "$LAB_DIR/after"
lab_stop beta
