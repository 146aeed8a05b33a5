#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The TAP is guarded (SPEC 5): what other programs change on it is put back within 100 ms, counted and
# logged; also what changed while no daemon ran.
# run: once
# run: alone

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config address="12.12.4.100/24, 192.0.2.10/25, 2001:db8:4::100/64, 2001:db8:9::10/64" gateway=12.12.4.200 \
	alpha.address="12.12.4.101/24, 2001:db8:4::101/64, 2001:db8:5::101/64" \
	beta.address="12.12.4.102/24, 2001:db8:4::102/64"
lab_start_all
lab_announced

tap() { ip -n alpha "$@"; }
link() { tap -j link show cluster0 | jq -r '.[] | "\(.address) \(.mtu)"'; }
# The first, which has to be the dedicated one; the others sorted.
addresses() {
	tap -j -4 addr show dev cluster0 | jq -r '[.[].addr_info[] | select(.local) | "\(.local)/\(.prefixlen)"] | .[0:1] + (.[1:] | sort) | join(" ")'
}
routes() { tap -j route show dev cluster0 | jq -r '.[] | "\(.dst) \(.prefsrc // "-")"' | sort | xargs; }
addrgen() { tap -d -j link show cluster0 | jq -r '.[].inet6_addr_gen_mode'; }
# The two dedicated IPv6 ones, which have to be first, in their order; the others sorted.
addresses6() {
	tap -j -6 addr show dev cluster0 | jq -r '[.[].addr_info[] | select(.local) |
		"\(.local)/\(.prefixlen)" + (if .preferred_life_time == 0 then "(deprecated)" else "" end)] | .[0:2] + (.[2:] | sort) | join(" ")'
}
routes6() { tap -j -6 route show dev cluster0 | jq -r '.[] | "\(.dst) \(.prefsrc // "-") \(.metric)"' | sort | xargs; }
token() { on alpha ip token get dev cluster0; }
state() { echo "$(link) | $(addresses) | $(routes) | $(addrgen) | $(addresses6) | $(routes6) | $(token)"; }
is_as_before() { [ "$(state)" = "$BEFORE" ]; }
repaired() { ctl alpha -j counters | jq .counters.tap_repaired; }

BEFORE=$(state)
say "as configured: $BEFORE"
expect "corrections at a start" 0 "$(repaired)"

# The kernel's notifications about the TAP, with a time stamp each; from the first to the last, in ms.
watch() {
	ip -n alpha -ts -o monitor link address route >"$LAB_DIR/events" &
	WATCH=$!
	sleep 0.2
}
watched_ms() {
	kill "$WATCH"
	wait "$WATCH" 2>/dev/null || true
	/usr/bin/python3 - "$LAB_DIR/events" <<-'END'
		import datetime, re, sys
		times = [datetime.datetime.fromisoformat(t) for t in
		         re.findall(r"^\[([^\]]+)\].*cluster0", open(sys.argv[1]).read(), re.M)]
		print(int((times[-1] - times[0]).total_seconds() * 1000) if times else -1)
	END
}

# drifts WHAT COMMAND…: the command changes the TAP; within 100 ms it is as before, and a log line names
# what was corrected.
drifts() {
	local what=$1 before
	shift
	before=$(repaired)
	: >"$LAB_DIR/alpha.log"
	watch
	"$@"
	within "$(seconds 2)" is_as_before || fail "$what: not put back: $(state)"
	expect_num "$what: put back after ms" "$(watched_ms)" "<=" "$((100 * $(seconds 1)))"
	within "$(seconds 2)" grep -q "cluster0: another program changed it ($what" "$LAB_DIR/alpha.log" ||
		fail "$what: no log line: $(cat "$LAB_DIR/alpha.log")"
	expect_num "$what: counted" "$(repaired)" ">=" $((before + 1))
	expect_reach alpha beta
	expect_reach out alpha
}

drifts "MAC" tap link set cluster0 address 02:00:00:00:00:99
drifts "MTU" tap link set cluster0 mtu 1300
drifts "3 addresses" tap -4 addr flush dev cluster0
drifts "1 address, order of addresses" tap addr del 12.12.4.101/24 dev cluster0
drifts "1 address" tap addr del 12.12.4.100/32 dev cluster0
drifts "1 route" tap route del 12.12.4.0/24 dev cluster0
drifts "1 route" tap route del 192.0.2.0/25 dev cluster0
drifts "1 route" tap route del default dev cluster0
drifts "2 routes" tap route flush dev cluster0 scope link
drifts "addr_gen_mode" tap link set cluster0 addrgenmode eui64

# IPv6, in a new run: there are at most 20 lines a minute.
lab_stop alpha
lab_start alpha
within "$(seconds 5)" lab_settled alpha || fail "addresses remain tentative"
within "$(seconds 2)" is_as_before || fail "after a restart: $(state)"
drifts "link-local address, 7 addresses" tap addr flush dev cluster0
drifts "link-local address, 4 addresses" tap -6 addr flush dev cluster0
drifts "1 address, order of addresses" tap addr del 2001:db8:5::101/64 dev cluster0
drifts "1 address" tap addr del 2001:db8:4::101/64 dev cluster0
drifts "1 address, order of addresses" tap addr del 2001:db8:4::100/128 dev cluster0
drifts "1 address, order of addresses, 1 route" tap addr del 2001:db8:9::10/128 dev cluster0
drifts "link-local address" tap addr del fe80::4bf:cff:fe0c:465/64 dev cluster0
drifts "token" on alpha ip token set ::7 dev cluster0
drifts "token" on alpha ip token set :: dev cluster0
drifts "1 route" tap route del 2001:db8:5::/64 dev cluster0
drifts "1 route" tap route del 2001:db8:9::/64 dev cluster0
drifts "1 route" tap route del fe80::/64 dev cluster0
order() { tap -b - <<-'END'
	addr change 2001:db8:4::101/64 dev cluster0
	addr del 2001:db8:4::101/64 dev cluster0
	addr add 2001:db8:4::101/64 dev cluster0 nodad
	addr del 2001:db8:5::101/64 dev cluster0
	addr add 2001:db8:5::101/64 dev cluster0 nodad
	END
}
drifts "order of addresses" order

# What an operator adds stays.
tap addr add 12.12.9.9/24 dev cluster0
tap link set cluster0 address 02:00:00:00:00:98
sleep 0.3
tap addr show dev cluster0 | grep -q 12.12.9.9/24 || fail "an operator's address was removed"
ok "an address that an operator added stays"
tap addr del 12.12.9.9/24 dev cluster0

# Down is the operator's decision; with up the routes are back.
tap link set cluster0 down
sleep 0.3
[ "$(tap -j link show cluster0 | jq -r '.[].flags | index("UP")')" = null ] || fail "set up again"
tap addr flush dev cluster0
all_back() { [ "$(addresses)" = "12.12.4.101/24 12.12.4.100/32 192.0.2.10/32" ]; }
within "$(seconds 2)" all_back || fail "addresses of a TAP that is down: $(addresses)"
tap link set cluster0 up
within "$(seconds 2)" is_as_before || fail "after down, flush, up: $(state)"
ok "set down and up by an operator"

# What cannot be corrected is a problem until it can: a gateway that another route takes away.
has_problem() { ctl alpha -j status | jq -e 'any(.problems[]; .id == "tap_drift" and .severity == "critical")' >/dev/null; }
has_none() { ! has_problem; }
expect "problems" 0 "$(ctl alpha -j status | jq '.problems | length')"
: >"$LAB_DIR/alpha.log"
tap route add blackhole 12.12.4.200/32 scope host
tap route del default dev cluster0
within "$(seconds 4)" has_problem || fail "no problem in status: $(ctl alpha -j status | jq -c .problems)"
sleep 2.5
expect "log lines about it, though it is tried each second" 1 \
	"$(grep -c 'cluster0: cannot correct its settings: ' "$LAB_DIR/alpha.log")"
tap route del blackhole 12.12.4.200/32 scope host
within "$(seconds 3)" has_none || fail "the problem stays: $(ctl alpha -j status | jq -c .problems)"
is_as_before || fail "after the problem: $(state)"
ok "a change that cannot be corrected is a problem until it can"

# A route that somebody added with a cluster address as source stays, though the address moves.
tap route add 10.2.0.0/16 dev cluster0 src 12.12.4.100
tap addr del 12.12.4.101/24 dev cluster0
sleep 0.5
tap route show 10.2.0.0/16 | grep -q 'src 12.12.4.100' || fail "the route is lost: $(tap route)"
tap route del 10.2.0.0/16 dev cluster0
is_as_before || fail "after a move of the cluster addresses: $(state)"
ok "a route with a cluster address as source survives the move of that address"

# With IPv6 the dedicated addresses move, and the kernel takes them from the routes.
tap route add 2001:db8:77::/64 dev cluster0 src 2001:db8:4::101
tap route add 2001:db8:78::/64 via 2001:db8:4::200 dev cluster0 src 2001:db8:5::101
tap addr del 2001:db8:4::100/128 dev cluster0
sleep 0.5
expect "sources of IPv6 routes after a move" "2001:db8:4::101 2001:db8:5::101" \
	"$(tap -j -6 route show root 2001:db8:70::/44 | jq -r '.[] | select(.dst | test("7[78]::")) | .prefsrc // "-"' | xargs)"
tap route del 2001:db8:77::/64 dev cluster0
tap route del 2001:db8:78::/64 dev cluster0
is_as_before || fail "after a move of the dedicated addresses: $(state)"

# stays_quiet WHAT: nothing is corrected while nobody changes anything.
stays_quiet() {
	local before
	sleep 0.5
	before=$(repaired)
	sleep 1.5
	expect "$1: corrections while nobody changes anything" "$before" "$(repaired)"
	tap -j addr show dev cluster0 | jq -e 'any(.[].addr_info[]; .local == "12.12.4.100")' >/dev/null ||
		fail "$1: no cluster address"
}

# The dedicated address comes back as a secondary one, which the kernel puts after all primary ones.
on alpha sh -c 'echo 1 >/proc/sys/net/ipv4/conf/cluster0/promote_secondaries'
tap addr add 12.12.4.77/24 dev cluster0
tap addr del 12.12.4.101/24 dev cluster0
stays_quiet "a secondary dedicated address"
tap addr flush dev cluster0
within "$(seconds 2)" all_back || fail "after a flush: $(addresses)"

# A bridge with the TAP as a port, for virtual machines with MACs of their own, which receive nothing.
uppers() { ctl alpha -j status | jq '[.problems[] | select(.id == "mac_on_tap")] | length'; }
are() { [ "$(uppers)" = "$1" ]; }
: >"$LAB_DIR/alpha.log"
ip -n alpha link add vmbr0 type bridge
tap link set cluster0 master vmbr0
within "$(seconds 3)" are 1 || fail "a bridge on the TAP is no problem: $(ctl alpha -j status | jq -c .problems)"
grep -q 'vmbr0 is on top of cluster0' "$LAB_DIR/alpha.log" || fail "no line: $(cat "$LAB_DIR/alpha.log")"
tap link set cluster0 nomaster
within "$(seconds 3)" are 0 || fail "the problem stays without the bridge"
ip -n alpha link del vmbr0
ok "a bridge on the TAP is told"

# A fight: a program that changes it again and again. Bounded lines, and the end is right.
: >"$LAB_DIR/alpha.log"
for i in $(seq 100); do
	tap link set cluster0 address "02:00:00:00:01:$(printf %02x "$i")"
	sleep 0.01
done
within "$(seconds 2)" is_as_before || fail "after a fight: $(state)"
expect_num "lines in the log for 100 changes" "$(grep -c 'another program changed it' "$LAB_DIR/alpha.log")" "<=" 40
expect_reach alpha beta
lab_stop_all

# Two dedicated addresses in one network: the second is a secondary one from the start.
sed -i 's|^address = 12.12.4.101/24|&, 12.12.4.111/24|' "$LAB_CONF"
grep -q '12.12.4.111' "$LAB_CONF" || fail "the configuration: $(cat "$LAB_CONF")"
lab_start alpha
stays_quiet "two dedicated addresses in one network"
expect "corrections since the start" 0 "$(repaired)"
lab_stop alpha
