#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Addresses that a node has beside the file (SPEC 1, I4, I6): reached by peers and outsiders, by that
# node alone, also where all nodes forward packets; `forward`.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

VIP=12.12.4.150
VIP6=2001:db8:4::150
BETA_MAC=06:bf:0c:0c:04:66

lab_nodes 3 forward=1 family=46
lab_config
lab_start_all
lab_announced

elsewhere() { ctl "$1" -j counters | jq .counters.drops.elsewhere; }

# pings HOST ADDRESS: 3 of 3, none twice, and nobody sends redirects.
pings() {
	on "$1" ping -n -c 3 -i 0.2 -W "$(seconds 1)" "$2" >"$LAB_DIR/pings" || return 1
	grep -q ' 3 received, 0% packet loss' "$LAB_DIR/pings" &&
		! grep -qE 'DUP|duplicates|[Rr]edirect' "$LAB_DIR/pings"
}

# --- an address on the TAP that is not in the file ---

# try_addresses VIP/LENGTH ADDRESS-ON-LO/LENGTH GATEWAY
try_addresses() {
	local vip=${1%/*} host before
	on beta ip addr add "$1" dev cluster0
	lab_settle
	on beta arping -q -c 1 -U -I cluster0 "$vip" 2>/dev/null || true
	for host in alpha gamma out; do
		within "$(seconds 2)" pings "$host" "$vip" || fail "$host to $vip: $(cat "$LAB_DIR/pings")"
		ok "$host reaches $vip, each ping answered once"
	done
	expect "elsewhere on beta, which has it" "$ELSEWHERE_BETA" "$(elsewhere beta)"
	expect_num "elsewhere on gamma, which drops what the outsider sends there" "$(elsewhere gamma)" ">=" 3

	# By the dedicated MAC, so that the switch does not flood it to the third node.
	expect "alpha's entry" $BETA_MAC "$(table alpha "$vip")"
	before=$(elsewhere gamma)
	pings alpha "$vip" || fail "alpha to $vip: $(cat "$LAB_DIR/pings")"
	expect "frames of alpha that reach gamma" "$before" "$(elsewhere gamma)"

	# On another interface.
	on beta ip addr add "$2" dev lo
	on out ip route add "$2" via "$3"
	within "$(seconds 2)" pings out "${2%/*}" || fail "outsider to an address on lo: $(cat "$LAB_DIR/pings")"
	ok "an address on lo is beta's, too"

	# Gone: nobody answers, and no node sends it on.
	on beta ip addr del "$1" dev cluster0
	before=$(elsewhere beta)
	! pings out "$vip" || fail "the address answers after it was removed"
	expect_num "elsewhere on beta, which has it no more" "$(elsewhere beta)" ">=" $((before + 1))
	! grep -qE 'DUP|duplicates|[Rr]edirect' "$LAB_DIR/pings" || fail "sent on: $(cat "$LAB_DIR/pings")"
	ok "once removed, nobody answers and nobody sends it on"
	ELSEWHERE_BETA=$(elsewhere beta)
}
ELSEWHERE_BETA=0
try_addresses $VIP/24 192.0.2.9/32 12.12.4.102
try_addresses $VIP6/64 2001:db8:9::9/128 "$(addr6_of beta)"

# The subnet-router anycast address (RFC 4291 2.6.1) is every node's, like a broadcast address.
before=$(elsewhere gamma)
on out ping -n -c 2 -i 0.2 -W "$(seconds 1)" 2001:db8:4:: >"$LAB_DIR/pings" || fail "anycast: $(cat "$LAB_DIR/pings")"
! grep -q edirect "$LAB_DIR/pings" || fail "anycast: $(cat "$LAB_DIR/pings")"
expect "elsewhere on gamma, to the subnet-router anycast address" "$before" "$(elsewhere gamma)"

# A restart knows them from the beginning.
on beta ip addr add $VIP/24 dev cluster0
lab_stop_all
on beta ip addr add $VIP/32 dev lo
on beta ip addr add $VIP6/128 dev lo
lab_start_all
lab_announced
for vip in $VIP $VIP6; do
	within "$(seconds 2)" pings out "$vip" || fail "after a restart: $(cat "$LAB_DIR/pings")"
	ok "$vip, which was there before the start"
done

# --- forward ---

lab_stop_all
lab_config forward=yes
lab_start alpha
lab_announced
on out ip route replace 198.51.100.0/24 via 12.12.4.101
on out ip route replace 2001:db8:98::/64 via "$(addr6_of alpha)"
# to_others: the outsider sends two pings of each family through alpha.
to_others() {
	local to
	for to in 198.51.100.7 2001:db8:98::7; do
		on out ping -n -c 2 -i 0.2 -W "$LAB_REPLY" $to >/dev/null &
	done
	wait -n || true
	wait -n || true
}
capture alpha cluster0 "$LAB_DIR/forward.pcap" -Q in "dst 198.51.100.7 or dst 2001:db8:98::7"
to_others
capture_stop
expect "forward = yes: frames for others on the TAP" "2 2" \
	"$(frames pcap2ip "$LAB_DIR/forward.pcap" | wc -l) $(frames pcap2ip6 "$LAB_DIR/forward.pcap" | wc -l)"
expect "elsewhere" 0 "$(elsewhere alpha)"
lab_config forward=no
ctl alpha reload >/dev/null || fail "reload"
before=$(elsewhere alpha)
to_others
expect_num "forward = no, by a reload: elsewhere" "$(elsewhere alpha)" ">=" $((before + 4))
lab_stop alpha
