#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# adopt = yes (SPEC 5): a program that configures the NIC again, as ifup does, adds routes that are
# on the TAP already, by the file's gateway or as they moved: it does not fail, and where it adds
# none, those of the TAP go on working.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

GATEWAY=12.12.4.200
lab_nodes 2
ip -n out addr add 198.51.100.1/32 dev lo
lab_config gateway=$GATEWAY
ip -n alpha addr flush dev eth0 scope global

# As ifupdown does it, by several commands.
ifup() {
	ip -n alpha addr add 12.12.4.101/24 brd + dev eth0 label eth0 &&
		ip -n alpha link set dev eth0 up &&
		ip -n alpha route add default via $GATEWAY dev eth0 onlink &&
		ip -n alpha route add 203.0.113.0/24 via $GATEWAY dev eth0 onlink
}
ifdown() {
	! ip -n alpha route del default via $GATEWAY dev eth0 2>/dev/null || fail "a route on the NIC"
	ip -n alpha addr flush dev eth0
	ip -n alpha link set dev eth0 down
}
routes() { ip -n alpha -j route show "$@" | jq -r '.[] | "\(.dst) \(.gateway) \(.dev) \(.metric // 0)"' | xargs; }
# Each has a route of metric 0 first; one that is set aside may follow.
first() { ip -n alpha -j route show "$1" | jq -r '.[0] | "\(.gateway) \(.dev) \(.metric // 0)"'; }
all_on_tap() {
	[ -z "$(ip -n alpha -o addr show dev eth0 scope global)$(routes dev eth0)" ] &&
		[ "$(first default) $(first 203.0.113.0/24)" = "$GATEWAY cluster0 0 $GATEWAY cluster0 0" ]
}
expect_on_tap() {
	within "$(seconds 3)" all_on_tap || fail "$1: $(ip -n alpha addr show dev eth0; ip -n alpha route)"
	on alpha ping -n -c 1 -W 1 198.51.100.1 >/dev/null || fail "$1: the gateway does not work"
	ok "$1: the routes are on the TAP"
}

# Another NIC in the same network: whose route is the first, and is used, stays as it was.
equal() { ip -n alpha -j route show 12.12.4.0/24 | jq -r '.[] | "\(.dev) \(.protocol)"' | xargs; }
equal_is() { [ "$(equal)" = "$1" ]; }
expect_equal() {
	within "$(seconds 2)" equal_is "$2" || fail "$1: not '$2', but '$(equal)'"
	ok "$1: $2"
}
ip -n alpha link add other type bridge
ip -n alpha link set other up
ip -n alpha addr add 12.12.4.101/24 dev eth0
ip -n alpha addr add 12.12.4.190/24 dev other
expect_equal "connected routes at first" "eth0 kernel other kernel"
lab_start alpha
expect_equal "while the daemon runs" "cluster0 203 other kernel"
lab_stop alpha
expect_equal "afterwards" "eth0 kernel other kernel"
ip -n alpha addr flush dev eth0 scope global
ip -n alpha addr add 12.12.4.101/24 dev eth0
expect_equal "the other NIC first" "other kernel eth0 kernel"
lab_start alpha
expect_equal "while the daemon runs" "other kernel cluster0 203"
lab_stop alpha
expect_equal "afterwards" "other kernel eth0 kernel"
ip -n alpha link del other
ip -n alpha addr flush dev eth0 scope global

lab_start alpha
lab_start beta
expect "the default route of the file" "default $GATEWAY cluster0 0" "$(routes default)"
expect_rc 0 "ifup, the gateway is on the TAP" ifup
expect_on_tap "ifup"
expect_rc 0 "ifup once more" ifup
expect_on_tap "ifup once more"

# No route is added: that of the TAP has another metric for a moment, and carries on.
timeout 20 ip netns exec alpha ping -n -i 0.02 -W 1 -c 100 198.51.100.1 >"$LAB_DIR/ping" 2>&1 &
ip -n alpha addr add 12.12.4.160/24 dev eth0
none_aside() { [ -z "$(routes proto 202)" ]; }
aside() { [ "$(first default)" = "$GATEWAY cluster0 1" ]; }
within 1 aside || fail "the default route is not set aside: $(ip -n alpha route)"
expect "connected routes that are set aside" "" "$(ip -n alpha route show 12.12.4.0/24 proto 202)"
wait $!
expect "pings through the gateway" "100 received" "$(grep -o '100 received' "$LAB_DIR/ping")"
within "$(seconds 8)" none_aside || fail "routes are set aside for ever: $(ip -n alpha route)"
expect_on_tap "an address alone"

ifdown
sleep 1
aside || fail "the NIC is down, and the TAP's routes are in the way: $(ip -n alpha route)"
expect_rc 0 "ifup after ifdown" ifup
expect_on_tap "ifup after ifdown"

# The other order: what was set aside while the NIC is gone, too.
ip -n alpha link set eth0 down
within 1 aside || fail "the default route is not set aside: $(ip -n alpha route)"
ip -n sw link del p_alpha
within "$(seconds 2)" grep -q 'eth0 is gone' "$LAB_DIR/alpha.log" || fail "the NIC is not gone"
expect "the default route without a NIC" "$GATEWAY cluster0 0" "$(first default)"
none_aside || fail "routes are set aside: $(ip -n alpha route)"
lab_stop_all
