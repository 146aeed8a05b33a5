#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Addresses that a node has beside the file (SPEC 1, I4, I6): reached by peers and outsiders, by that
# node alone, also where all nodes forward packets; `forward`.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

VIP=12.12.4.150
BETA_MAC=06:bf:0c:0c:04:66

lab_nodes 3
for node in "${LAB_NODES[@]}"; do
	on "$node" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward' || fail "no ip_forward"
done
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

on beta ip addr add $VIP/24 dev cluster0
on beta arping -q -c 1 -U -I cluster0 $VIP || true
for host in alpha gamma out; do
	within 2 pings "$host" $VIP || fail "$host to the address: $(cat "$LAB_DIR/pings")"
	ok "$host reaches the address, each ping answered once"
done
expect "elsewhere on beta, which has it" 0 "$(elsewhere beta)"
expect_num "elsewhere on gamma, which drops what the outsider sends there" "$(elsewhere gamma)" ">=" 3

# By the dedicated MAC, so that the switch does not flood it to the third node.
expect "alpha's entry" $BETA_MAC "$(on alpha ip -j neigh show $VIP dev cluster0 | jq -r '.[].lladdr')"
before=$(elsewhere gamma)
pings alpha $VIP || fail "alpha to the address: $(cat "$LAB_DIR/pings")"
expect "frames of alpha that reach gamma" "$before" "$(elsewhere gamma)"

# On another interface.
on beta ip addr add 192.0.2.9/32 dev lo
on out ip route add 192.0.2.9/32 via 12.12.4.102
within 2 pings out 192.0.2.9 || fail "outsider to an address on lo: $(cat "$LAB_DIR/pings")"
ok "an address on lo is beta's, too"

# Gone: nobody answers, and no node sends it on.
on beta ip addr del $VIP/24 dev cluster0
before=$(elsewhere beta)
! pings out $VIP || fail "the address answers after it was removed"
expect_num "elsewhere on beta, which has it no more" "$(elsewhere beta)" ">=" $((before + 1))
! grep -qE 'DUP|duplicates|[Rr]edirect' "$LAB_DIR/pings" || fail "sent on: $(cat "$LAB_DIR/pings")"
ok "once removed, nobody answers and nobody sends it on"

# A restart knows them from the beginning.
on beta ip addr add $VIP/24 dev cluster0
lab_stop_all
on beta ip addr add $VIP/32 dev lo
lab_start_all
lab_announced
within 2 pings out $VIP || fail "after a restart: $(cat "$LAB_DIR/pings")"
ok "an address that was there before the start"

# --- forward ---

lab_stop_all
lab_config forward=yes
lab_start alpha
lab_announced
on out ip route replace 198.51.100.0/24 via 12.12.4.101
capture alpha cluster0 "$LAB_DIR/forward.pcap" "dst 198.51.100.7"
on out ping -n -c 2 -i 0.2 -W 1 198.51.100.7 >"$LAB_DIR/pings" || true
capture_stop
expect "forward = yes: frames for others on the TAP" 2 "$(frames pcap2ip "$LAB_DIR/forward.pcap" | wc -l)"
expect "elsewhere" 0 "$(elsewhere alpha)"
lab_config forward=no
ctl alpha reload >/dev/null || fail "reload"
before=$(elsewhere alpha)
on out ping -n -c 2 -i 0.2 -W 1 198.51.100.7 >"$LAB_DIR/pings" || true
expect_num "forward = no, by a reload: elsewhere" "$(elsewhere alpha)" ">=" $((before + 2))
lab_stop alpha
