#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: plain
#
# adopt = yes and crashes (SPEC 5): the record says what moved. The cases: crashes at any moment, a
# NIC that got half of it back by hand, another setting at the next start, a record that is
# garbage or belongs to another namespace. A clean stop then restores the state before the first
# start, or a log line says what is lost.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=adopt.sh
. "$LAB_TOP/adopt.sh"

lab_nodes 1
RECORD=$(socket_of alpha).eth0.adopted.json

no_complaint() { ! said 'cannot' || fail "$1: $(grep cannot "$LAB_DIR/alpha.log")"; }
start_and_stop() {
	start
	expect_adopted "$1"
	expect_reach out alpha
	no_complaint "$1"
	lab_stop alpha
	no_complaint "$1"
	expect_as_before "$1"
}

adopt_peers
adopt_furnish
adopt_before

start
expect_adopted "start"
cp "$RECORD" /run/record
lab_kill alpha
nic_has_none || fail "a crash moves something: $(addresses_of eth0)"
start_and_stop "a crash"

for time in 1 2 3; do
	start
	lab_kill alpha
done
expect "the record after $time crashes" "$(jq -c '.items[] | .kind, .prefix' /run/record | sort | xargs)" \
	"$(jq -c '.items[] | .kind, .prefix' "$RECORD" | sort | xargs)"
start_and_stop "$time crashes"

# A crash between the writing of the record and the first move.
cp /run/record "$RECORD"
start_and_stop "a crash when only the record was written"

# Half of it is on the NIC again.
start
lab_kill alpha
ip -n alpha -b - <<-'END'
	addr add 12.12.4.101/24 brd + dev eth0
	addr add 10.3.0.1/24 brd 10.3.0.127 dev eth0 valid_lft 3600 preferred_lft 1800
	addr add 2001:db8:1::101/64 dev eth0 nodad
	route add default via 12.12.4.200 dev eth0
	route add 198.18.0.0/16 nexthop via 12.12.4.200 weight 2 nexthop via 12.12.4.254
END
ip -n alpha route add default via 2001:db8:1::fe dev eth0
ip -n alpha route add 2001:db8:79::/48 via 2001:db8:1::fe expires 2960
start_and_stop "a crash, and half of it put back by hand"

# A crash while the daemon moves everything back: the NIC has its addresses, and connected routes
# of the kernel that it did not have before. Moving back takes some time while the kernel does not
# know a route's source address.
returning() {
	start
	expect "the record while it runs: returning" false "$(jq .returning "$RECORD")"
	on alpha ip addr del 2001:db8:1::102/64 dev cluster0
	kill -TERM "${LAB_PID[alpha]}"
	within "$(seconds 3)" is_half_back || fail "the kernel adds no connected route: $(routes_of eth0)"
	lab_kill alpha
	expect "the record after the crash: returning" true "$(jq .returning "$RECORD")"
	is_half_back || fail "the crash came too late"
}
is_half_back() {
	[ -n "$(ip -n alpha route show 10.6.0.0/24 dev eth0)" ] &&
		[ -n "$(ip -n alpha -6 route show 2001:db8:6::/64 dev eth0)" ]
}
returning
start_and_stop "a crash during the move back"
returning
start adopt=no
lab_stop alpha
expect_as_before "a crash during the move back, then adopt = no"

# Crashes at any moment of a start, and of a stop.
at_random() { sleep "0.$(printf %03d $((RANDOM % $(seconds 100))))"; }
at_start() {
	ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha -s "$(socket_of alpha)" \
		>>"$LAB_DIR/alpha.log" 2>&1 </dev/null &
	LAB_PID[alpha]=$!
}
for ((i = 0; i < 12; i++)); do
	at_start
	at_random
	lab_kill alpha
done
start_and_stop "$i crashes during the start"
for ((i = 0; i < 6; i++)); do
	start
	kill -TERM "${LAB_PID[alpha]}"
	[ $((i % 2)) -eq 0 ] || at_random
	at_random
	lab_kill alpha
done
start_and_stop "$i crashes during the stop"

# A stop by SIGTERM at any moment.
for ((i = 0; i < 6; i++)); do
	at_start
	at_random
	kill -TERM "${LAB_PID[alpha]}" 2>/dev/null || true
	within "$(seconds 10)" lab_dead alpha || fail "the daemon does not end on SIGTERM"
	rc=0
	wait "${LAB_PID[alpha]}" || rc=$?
	[ "$rc" = 0 ] || [ "$rc" = 143 ] || fail "SIGTERM at any moment: exit status $rc" # 143: no handler yet
	adopt_snapshot >"$LAB_DIR/after"
	cmp -s "$LAB_DIR/before" "$LAB_DIR/after" || expect_as_before "SIGTERM at any moment"
done
expect_as_before "SIGTERM at any moment"

# adopt = no at the next start: everything moves back to the NIC, where the addresses do not work,
# and the log says so.
start
lab_kill alpha
start adopt=no
expect_said 'eth0: giving its addresses and routes back'
for address in 12.12.4.101 10.2.0.1 2001:db8:1::101; do
	expect_said "eth0 has the address $address/.*, which does not work"
done
[ ! -e "$RECORD" ] || fail "adopt = no: the record is left"
within "$(seconds 5)" lab_settled alpha || fail "addresses remain tentative" # the TAP was gone
expect "adopt = no: on the NIC" "$(cat "$LAB_DIR/addresses")" "$(addresses_of eth0)"
no_complaint "adopt = no"
ip -n alpha link del cluster0 # the new TAP gets none of them
expect_said 'cluster0 is gone'
expect "adopt = no: on the TAP" "12.12.4.100/32 12.12.4.101/24" \
	"$(addresses_of cluster0 | cut -d' ' -f1 | sort | xargs)"
lab_stop alpha
expect_as_before "adopt = no after a crash"

# A NIC that appears after the crash.
start
lab_kill alpha
ip -n alpha link del eth0
start
tap_has_all || fail "without the NIC: missing on the TAP"
lab_veth alpha new0 52:54:00:00:00:77 p_alpha
ip -n alpha link set new0 up
lab_rename alpha new0 eth0 || true
expect_reach out alpha
expect_adopted "another NIC after the crash"
lab_stop alpha
expect "another NIC after the crash: addresses and routes missing on it" "" \
	"$(what_not "$LAB_DIR/addresses" addresses_of eth0)$(what_not "$LAB_DIR/routes" routes_of eth0)"
expect "files left" "" "$(files_left)"

# --- garbage -------------------------------------------------------------------------------

# new_nic: replaces the NIC by one without addresses and routes.
new_nic() {
	ip -n alpha link del eth0
	lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
	ip -n alpha link set eth0 up
	within "$(seconds 10)" lab_settled alpha || fail "addresses remain tentative"
}
NETNS=$(on alpha stat -Lc %i /proc/self/ns/net)
items() { printf '{"netns": %s, "items": [%s]}' "$NETNS" "$1"; }
# item KIND HEX
item() { printf '{"kind": "%s", "prefix": "?", "refused": false, "saved": 1, "netlink": "%s"}' "$1" "$2"; }
zeros() { head -c "$1" /dev/zero | tr '\0' 0; }
ADDRESS=0218800000000000 ROUTE=021800000000030100000000 # struct ifaddrmsg, struct rtmsg; /24

# Content that no record of the daemon can have.
GARBAGE=('' '{' '[]' '{}' null 3 '"x"' $'\xff\xfe' '{"netns": "x", "items": []}' "{\"netns\": $NETNS}"
	"{\"netns\": $NETNS, \"items\": {}}" "{\"netns\": $NETNS, \"returning\": true, \"items\": [3]}"
	"$(items 3)" "$(items '[]')" "$(items '{}')" "$(zeros 3000000)"
	"$(items '{"kind": 1, "refused": false, "saved": 1, "netlink": "00"}')"
	"$(items '{"kind": "address", "refused": 1, "saved": "x", "netlink": "00"}')"
	"$(items '{"kind": "address", "refused": false, "saved": 1, "netlink": 3}')"
	"$(items "$(item address "")")" "$(items "$(item route "")")" "$(items "$(item route 0)")"
	"$(items "$(item address 02)")" "$(items "$(item route 02)")" "$(items "$(item address zz)")"
	"$(items "$(item address "${ADDRESS}080002000a01000")")" "$(items "$(item route 0218)")")
# Items that the kernel refuses.
for body in "${ADDRESS}0800020" "${ADDRESS}ffff02000a010001" "${ADDRESS}000002000a010001" \
	"02ff800000000000080002000a010001" "ff18800000000000080002000a010001" "${ADDRESS}050008000000" \
	"${ADDRESS}040006000800020007" "$(zeros 300000)"; do
	GARBAGE+=("$(items "$(item address "$body")")")
done
for body in "${ROUTE}080017000000" "${ROUTE}040017000400040004000900" "$(zeros 300000)" \
	"${ROUTE}0800040000000000080009000000000008000900ffff0000"; do
	GARBAGE+=("$(items "$(item route "$body")")")
done
GARBAGE+=("$(items "$(item nonsense "${ADDRESS}080002000a010001")")")

new_nic
adopt_before
for garbage in "${GARBAGE[@]}"; do
	what=$(head -c 120 <<<"$garbage" | tr -d '\n\377\376')
	printf '%s' "$garbage" >"$RECORD"
	start
	said 'cannot' || fail "no log line about a record that is garbage: $what"
	lab_stop alpha
	[ -z "$(files_left)" ] || said 'could not be given back' || fail "$what: files left: $(files_left)"
	rm -f "$RECORD"
	nic_has_none || fail "$what: on the NIC: $(addresses_of eth0) $(routes_of eth0)"
done
expect_as_before "${#GARBAGE[@]} records that are garbage"

# A record of another network namespace, as a container's successor finds it: it is ignored.
jq '.netns += 1' /run/record >"$RECORD"
start
expect "another namespace's record: on the TAP" "12.12.4.100/32 12.12.4.101/24" \
	"$(addresses_of cluster0 | cut -d' ' -f1 | sort | xargs)"
lab_stop alpha
expect "another namespace's record: on the NIC" "" "$(addresses_of eth0)"
expect "another namespace's record: files left" "" "$(files_left)"

# A record that is garbage does not prevent adoption.
adopt_few
for garbage in '{' "$(items "$(item address "02ff800000000000080002000a010001")")"; do
	printf '%s' "$garbage" >"$RECORD"
	start
	expect_said 'cannot'
	expect_adopted "a record that is garbage"
	lab_stop alpha
	[ -z "$(files_left)" ] || said 'could not be given back' || fail "files left: $(files_left)"
	rm -f "$RECORD"
	expect_as_before "a record that is garbage"
done
