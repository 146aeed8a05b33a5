#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The TAP's connected routes are told from those of other links: by their protocol with IPv4, where the first
# to a network stays the first, for it is used, and none stays without its address; by their metric with
# IPv6, whoever adds the address, also where the kernel makes the route for a router advertisement.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config address="12.12.4.100/24, 2001:db8:4::100/64" gateway=12.12.4.200 \
	alpha.address="12.12.4.101/24, 2001:db8:4::101/64" beta.address="12.12.4.102/24, 2001:db8:4::102/64"
# The kernel looks for expired routes each second, not each half a minute.
on alpha sysctl -qw net.ipv6.route.gc_interval=1
lab_start_all
lab_announced

tap() { ip -n alpha "$@"; }

# --- IPv4 ---

connected() { tap -j route show "$1" | jq -r '.[] | "\(.dev) \(.protocol) \(.metric // "")"' | xargs; }
connected_is() { [ "$(connected "$1")" = "$2" ]; }
# expect_connected WHAT NETWORK ROUTES
expect_connected() {
	within "$(seconds 2)" connected_is "$2" "$3" || fail "$1: $2: not '$3', but '$(connected "$2")'"
	sleep 0.2
	expect "$1: $2" "$3" "$(connected "$2")"
}
MINE=12.12.9.9 NET=12.12.9.0/24
expect_connected "of the file" 12.12.4.0/24 "cluster0 203"
tap link add other type bridge
tap link set other up
tap addr add $MINE/24 dev cluster0
tap addr add 12.12.9.8/24 dev other
expect_connected "before that of another link" $NET "cluster0 203 other kernel"
tap addr del $MINE/24 dev cluster0
expect_connected "no address" $NET "other kernel"
tap addr add $MINE/24 dev cluster0
expect_connected "behind that of another link" $NET "other kernel cluster0 203"
tap addr del 12.12.9.8/24 dev other
tap addr add 12.12.8.8/24 dev cluster0
expect_connected "now the first" $NET "cluster0 203"
tap addr add $MINE/16 dev cluster0
tap addr del $MINE/24 dev cluster0
expect_connected "the address is there with another length" $NET ""
expect_connected "the address is there with another length" 12.12.0.0/16 "cluster0 203"
tap addr add $MINE/32 dev other
tap addr del $MINE/16 dev cluster0
expect_connected "the address is on another link" 12.12.0.0/16 ""
tap link del other
tap addr add $MINE/24 dev cluster0
expect_connected "again" $NET "cluster0 203"
tap addr change $MINE/24 dev cluster0 metric 77
expect_connected "another metric of the address" $NET "cluster0 203"
tap addr add 12.12.9.7/24 dev cluster0
PROMOTES=$(on alpha cat /proc/sys/net/ipv4/conf/cluster0/promote_secondaries)
on alpha sh -c 'echo 1 >/proc/sys/net/ipv4/conf/cluster0/promote_secondaries'
tap addr del $MINE/24 dev cluster0
expect_connected "another address is the first now" $NET "cluster0 203"
on alpha sh -c "echo $PROMOTES >/proc/sys/net/ipv4/conf/cluster0/promote_secondaries"
tap route prepend $NET dev cluster0 proto static mtu 1400
tap addr add 12.12.9.6/24 dev cluster0
expect_connected "an operator's before it" $NET "cluster0 static cluster0 203"
tap addr del 12.12.9.7/24 dev cluster0
tap addr add 12.12.9.7/24 dev cluster0
expect_connected "an operator's before it, anew" $NET "cluster0 static cluster0 203"
tap route del $NET dev cluster0 proto static
tap addr del 12.12.9.7/24 dev cluster0
tap addr flush dev cluster0 to $NET
tap addr add $MINE/24 dev cluster0 noprefixroute
tap route add $NET dev cluster0 proto kernel scope link src $MINE
tap addr del 12.12.8.8/24 dev cluster0
expect_connected "not the kernel's, but with its protocol" $NET "cluster0 kernel"
tap addr del $MINE/24 dev cluster0

# --- IPv6 ---

expect "those of the file" 255 "$(tap -j -6 route show dev cluster0 proto kernel |
	jq -r '[.[] | select(.dst != "fe80::/64").metric] | unique[]')"
connected6() { tap -j -6 route show "$1" dev cluster0 | jq -r '.[] | "\(.metric) \(if has("expires") then "expires" else "" end)"' | xargs; }
connected6_is() { [ "$(connected6 "$1")" = "$2" ]; }
# expect_connected6 WHAT NETWORK METRICS
expect_connected6() {
	within "$(seconds 2)" connected6_is "$2" "$3" || fail "$1: $2: not '$3', but '$(connected6 "$2")'"
	sleep 0.2
	expect "$1: $2" "$3" "$(connected6 "$2")"
}
NET=2001:db8:9:9::/64
tap addr add 2001:db8:9:9::1/64 dev cluster0 nodad
expect_connected6 "an operator's address" $NET 255
tap addr add 2001:db8:9:9::2/64 dev cluster0 nodad
expect_connected6 "and another" $NET 255
tap addr del 2001:db8:9:9::1/64 dev cluster0
expect_connected6 "one is left" $NET 255
tap addr del 2001:db8:9:9::2/64 dev cluster0
expect_connected6 "none is left" $NET ""
tap addr add 2001:db8:4::77/64 dev cluster0 nodad
expect_connected6 "beside an address of the file" 2001:db8:4::/64 255
tap addr del 2001:db8:4::77/64 dev cluster0
expect_connected6 "the address of the file alone" 2001:db8:4::/64 255
tap addr add 2001:db8:9:9::1/64 dev cluster0 metric 77 nodad
expect_connected6 "a metric of its own" $NET 77
tap addr del 2001:db8:9:9::1/64 dev cluster0
tap addr add 2001:db8:9:9::1/64 dev cluster0 valid_lft 5 preferred_lft 5 nodad
expect_connected6 "an address with a lifetime" $NET "255 expires"
tap addr change 2001:db8:9:9::1/64 dev cluster0 valid_lft 12 preferred_lft 12
sleep 6
expect_connected6 "its lifetime is longer now" $NET "255 expires"
within "$(seconds 9)" connected6_is $NET "" || fail "the address has expired, its route has not: $(connected6 $NET)"
is_gone() { [ -z "$(tap addr show dev cluster0 to $NET)" ]; }
within "$(seconds 9)" is_gone || fail "the route has expired, its address has not: $(tap addr show dev cluster0)"
ok "the address has expired, and its route"
tap route add $NET dev cluster0 proto kernel metric 256
expect_connected6 "a route that no address makes" $NET 256
tap route del $NET dev cluster0
ip -n alpha monitor route >"$LAB_DIR/routes" &
MONITOR=$!
# A prefix option: on-link, not for autoconfiguration, for an hour.
advertise() {
	frames nd out:eth0 ra --eth-src "$(nic_mac out)" --src fe80::200 \
		--option "03 04 40 80 00000e10 00000e10 00000000 20010db8000400000000000000000000"
}
is_advertised() { advertise && grep -q '^2001:db8:4::/64 dev cluster0 proto kernel metric 256 expires' "$LAB_DIR/routes"; }
within "$(seconds 5)" is_advertised || fail "no route of an advertisement: $(cat "$LAB_DIR/routes")"
kill "$MONITOR"
expect_connected6 "a router advertisement" 2001:db8:4::/64 255
expect "corrections" 0 "$(ctl alpha -j counters | jq .counters.tap_repaired)"
lab_stop_all
