# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# adopt.sh: for the tests of adopt = yes: a host whose NIC has addresses and routes of every kind,
# and checks of what is on the NIC and what on the TAP. Sourced by t_29_adopt*, after lab.sh.

# adopt_peers: sets up the hosts that alpha talks to, and alpha's other NIC.
adopt_peers() {
	ip -n out addr add 10.3.0.200/24 dev eth0
	ip -n out addr add 10.4.0.2/32 dev eth0
	ip -n out route add 10.4.0.1/32 dev eth0 src 10.4.0.2
	ip -n out addr add 198.51.100.1/32 dev lo
	ip -n alpha link add eth1 index 3001 type veth peer name eth9
	ip -n alpha link set eth1 addrgenmode none up
	ip -n alpha link set eth9 addrgenmode none up
	ip -n alpha addr add 192.168.9.1/24 dev eth1
	ip -n alpha addr add 2001:db8:9::1/64 dev eth1 nodad
}

# adopt_furnish: adds the addresses and routes of alpha's NIC.
adopt_furnish() {
	ip -n alpha -b - <<-'END'
		addr add 12.12.4.101/24 brd + dev eth0
		addr add 12.12.4.150/24 dev eth0
		addr add 12.12.4.151/24 label eth0:1 dev eth0
		addr add 10.1.0.1/24 metric 500 dev eth0
		addr add 10.2.0.1/24 noprefixroute dev eth0
		addr add 10.3.0.1/24 brd 10.3.0.127 dev eth0 valid_lft 3600 preferred_lft 1800
		addr add 10.4.0.1 peer 10.4.0.2/32 dev eth0
		addr add 10.4.0.1 peer 10.4.0.3/32 dev eth0
		addr add 10.5.0.1/32 dev eth0
		addr add 10.6.0.1/24 dev eth0
		route del 10.6.0.0/24 dev eth0
		addr add 10.7.0.1/24 scope link dev eth0

		route add default via 12.12.4.200 dev eth0
		route add default via 12.12.4.254 metric 50
		route append default via 12.12.4.253 metric 50
		route add default via 12.12.4.200 table 77 src 12.12.4.150 mtu 1400 advmss 1300
		route add 203.0.113.0/24 via 12.12.4.254 table 77 tos 0x10
		route add 10.6.1.0/24 via 10.99.0.1 dev eth0 onlink
		route add 192.0.2.0/24 dev eth0 scope link
		route add 100.69.0.0/16 via 192.0.2.1
		route add 198.18.0.0/16 nexthop via 12.12.4.200 weight 2 nexthop via 12.12.4.254
		route add 198.19.0.0/16 nexthop via 12.12.4.200 nexthop via 192.168.9.2
		route add 100.64.0.0/16 via 12.12.4.200 proto 99
		route add 100.64.0.0/16 via 12.12.4.254 metric 300
		route add 100.64.0.0/16 via 192.168.9.2 metric 400
		route add 100.70.0.0/16 via inet6 fe80::1 dev eth0
		route add 224.0.0.0/4 dev eth0
		route add 100.81.0.0/16 via 12.12.4.200
		route append 100.81.0.0/16 via 192.168.9.2
		route add 100.82.0.0/16 via 192.168.9.2
		route append 100.82.0.0/16 via 12.12.4.200
		route add 100.83.0.0/16 via 12.12.4.200
		route append 100.83.0.0/16 via 192.168.9.2
		route append 100.83.0.0/16 via 12.12.4.254
		route add 100.84.0.0/16 via 12.12.4.200 mtu lock 1300 rto_min 5ms initcwnd 20 congctl reno
		route add blackhole 100.65.0.0/16
		route add unreachable 100.66.0.0/16
		route add prohibit 100.66.0.0/16 table 77
		route add 100.67.0.0/16 via 192.168.9.2
		rule add from 12.12.4.150 lookup 77 pref 100

		addr add 2001:db8:1::101/64 dev eth0
		addr add 2001:db8:1::102/64 dev eth0
		addr add 2001:db8:2::101/64 dev eth0 valid_lft 3600 preferred_lft 0
		addr add 2001:db8:3::101/64 noprefixroute dev eth0
		addr add 2001:db8:4::1 peer 2001:db8:4::2/128 dev eth0
		addr add 2001:db8:5::101/64 metric 77 dev eth0
		addr add 2001:db8:6::101/64 nodad dev eth0
		addr add 2001:db8:8::101/64 mngtmpaddr dev eth0
		route del 2001:db8:6::/64 dev eth0
	END
	within "$(seconds 5)" lab_settled alpha || fail "addresses remain tentative"
	ip -n alpha -6 -b - <<-'END'
		route add default via 2001:db8:1::fe dev eth0
		route add default via fe80::1 dev eth0 metric 2048
		route add 2001:db8:77::/48 via 2001:db8:1::fe metric 10 src 2001:db8:1::102
		route add 2001:db8:78::/48 dev eth0 mtu 1300 hoplimit 32 pref high
		route add 2001:db8:79::/48 via 2001:db8:1::fe expires 3000
		route add 2001:db8:7a::/48 nexthop via 2001:db8:1::fe nexthop via 2001:db8:1::fd weight 3
		route add 2001:db8:7b::/48 nexthop via 2001:db8:9::fe nexthop via 2001:db8:1::fd
		route add 2001:db8:7c::/48 via 2001:db8:9::fe
		route add unreachable 2001:db8:7d::/48
		route add default via fe80::2 dev eth0 proto ra metric 900 expires 1700 pref low
		route add 2001:db8:7e::/48 via 2001:db8:1::fe table 77 proto 99
	END
}

# adopt_snapshot: lab_snapshot of alpha, with remaining lifetimes masked.
adopt_snapshot() { lab_snapshot alpha | sed -E 's/(valid_lft|preferred_lft|expires) [0-9]+sec/\1 Nsec/g'; }

# addresses_of LINK: the addresses that adopt moves, one per line, in the kernel's order, with the
# attributes that must be kept. Connected IPv6 routes of the TAP have 255 instead of the kernel's
# metric: as they would be on the NIC.
addresses_of() {
	ip -n alpha -j addr show dev "$1" | jq -r --arg dev "$1" '.[].addr_info[] |
		select(.local | startswith("fe80:") | not) |
		if $dev == "cluster0" and .family == "inet6" then
			.metric |= if . == 255 then null elif . == null then "of the kernel" else . end else . end |
		"\(.local)\(if .address then " peer \(.address)" else "" end)/\(.prefixlen) brd \(.broadcast // "-") " +
		"\(.scope) metric \(.metric // "-") noprefixroute \(.noprefixroute // false) dynamic \(.dynamic // false) " +
		"deprecated \(.deprecated // false) nodad \(.nodad // false) tentative \(.tentative // false)"'
}
# routes_of LINK: the routes that use the link, one per line, with every attribute except the
# link's name, the flags that depend on its carrier, the protocol that the TAP's connected IPv4
# routes have instead of the kernel's, and the metric of the IPv6 ones.
routes_of() {
	{
		ip -n alpha -4 -d -j route show table all
		ip -n alpha -6 -d -j route show table all
	} | jq -cS --arg dev "$1" '.[] | select(.table != "local") |
		select(.dev == $dev or any(.nexthops[]?; .dev == $dev)) |
		select(.dst | test("^fe80|^ff00|^multicast") | not) | del(.expires, .cache) |
		walk(if type == "object" and .dev == $dev then .dev = "LINK" else . end |
			if type == "object" and .flags then .flags -= ["linkdown"] else . end) |
		if $dev == "cluster0" and .protocol == "203" then .protocol = "kernel"
		elif $dev == "cluster0" and .protocol == "kernel" and (.dst | contains(":")) then
			.metric |= if . == 255 then 256 elif . == 256 then "of the kernel" else . end
		else . end' | sort
}
# connected_of LINK: protocols of its connected IPv4 routes.
connected_of() {
	ip -n alpha -4 -j route show table all dev "$1" | jq -r '.[] | select(.table != "local" and
		.scope == "link" and .prefsrc and (.protocol | . == "kernel" or . == "203")) | .protocol' | sort -u | xargs
}
# seconds_left: the remaining lifetimes on all links, one per line, sorted.
seconds_left() {
	{
		ip -n alpha addr
		ip -n alpha -6 route
	} | grep -Eo '(valid_lft|preferred_lft|expires) [0-9]+sec' | tr -d 'a-z_ ' | sort -n
}
# expect_aged WHAT BEFORE: no lifetime has grown, or shrunk by more than the test has taken.
expect_aged() {
	local now
	now=$(seconds_left)
	[ -n "$now$2" ] || return 0
	[ "$(wc -l <<<"$now")" = "$(wc -l <<<"$2")" ] || fail "$1: lifetimes: $(xargs <<<"$2"), now $(xargs <<<"$now")"
	paste <(echo "$2") <(echo "$now") | awk -v most="$(seconds 90)" '$2 > $1 || $2 < $1 - most { exit 1 }' ||
		fail "$1: lifetimes: $(xargs <<<"$2"), now $(xargs <<<"$now")"
	ok "$1: lifetimes: $(xargs <<<"$2"), now $(xargs <<<"$now")"
}

# adopt_before: records alpha's state before the first start, for later comparison.
adopt_before() {
	adopt_snapshot >"$LAB_DIR/before"
	addresses_of eth0 >"$LAB_DIR/addresses"
	routes_of eth0 >"$LAB_DIR/routes"
	ADOPT_SECONDS=$(seconds_left)
}
# adopt_few: replaces the NIC by a new one with few addresses and routes, up.
adopt_few() {
	ip -n alpha link del eth0
	lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
	ip -n alpha link set eth0 up
	ip -n alpha addr add 12.12.4.101/24 brd + dev eth0
	ip -n alpha addr add 12.12.4.150/24 dev eth0
	ip -n alpha addr add 2001:db8:1::101/64 dev eth0 nodad
	ip -n alpha route add default via 12.12.4.200
	ip -n alpha route add 2001:db8:77::/48 via 2001:db8:1::fe
	within "$(seconds 10)" lab_settled alpha || fail "addresses remain tentative"
	adopt_before
}
# expect_as_before WHAT: alpha is as before the first start, and no record is left.
expect_as_before() {
	adopt_snapshot >"$LAB_DIR/after"
	expect_unchanged "$1" "$LAB_DIR/before" "$LAB_DIR/after"
	expect_aged "$1" "$ADOPT_SECONDS"
	expect "$1: files left" "" "$(files_left)"
}
# files_left: files in the runtime directory, except a record that was set aside as garbage.
files_left() { find /run/clusterarpd/alpha -type f ! -name '*.bad' -printf '%f\n'; }
# what_else FILE COMMAND…: lines of the output that are not in the file. what_not: the reverse.
what_else() { comm -13 <(sort "$1") <("${@:2}" | sort); }
what_not() { comm -23 <(sort "$1") <("${@:2}" | sort); }
tap_has_all() {
	[ -z "$(what_not "$LAB_DIR/addresses" addresses_of cluster0)$(what_not "$LAB_DIR/routes" routes_of cluster0)" ]
}
# So that no program takes them for the NIC's (src/tap/tap_connected.h).
are_marked() { [ "$(connected_of cluster0)" = 203 ]; }
nic_has_none() { [ -z "$(addresses_of eth0)$(routes_of eth0)" ]; }
# Besides what moved, the TAP has the cluster address, and a connected route that the kernel adds
# with each address: two of these had been removed from the NIC.
unexpected() {
	what_else "$LAB_DIR/addresses" addresses_of cluster0 | grep -v "^$LAB_CLUSTER_IP/32 "
	what_else "$LAB_DIR/routes" routes_of cluster0 | grep -v '"dst":"\(10.6.0.0/24\|2001:db8:6::/64\)".*"protocol":"kernel"'
}
# expect_adopted WHAT: all of it is on the TAP, nothing on the NIC.
expect_adopted() {
	within "$(seconds 2)" tap_has_all || fail "$1: missing on the TAP:
$(what_not "$LAB_DIR/addresses" addresses_of cluster0)
$(what_not "$LAB_DIR/routes" routes_of cluster0)"
	nic_has_none || fail "$1: still on the NIC:
$(addresses_of eth0)
$(routes_of eth0)"
	expect "$1: other addresses and routes on the TAP" "" "$(unexpected)"
	within "$(seconds 1)" are_marked || fail "$1: connected routes of the TAP: $(ip -n alpha route)"
	ok "$1: $(wc -l <"$LAB_DIR/addresses") addresses and $(wc -l <"$LAB_DIR/routes") routes are on the TAP"
}

# said, expect_said PATTERN: alpha's log has a line that matches.
said() { grep -Eq -- "$1" "$LAB_DIR/alpha.log"; }
expect_said() {
	within "$(seconds 2)" said "$1" || fail "no log line with '$1': $(cat "$LAB_DIR/alpha.log")"
	ok "log line: $(grep -Em 1 -- "$1" "$LAB_DIR/alpha.log")"
}

# ping_from HOST SOURCE ADDRESS
ping_from() {
	on "$1" ping -n -c 2 -i 0.1 -W "$(seconds 1)" -I "$2" "$3" >"$LAB_DIR/output" 2>&1 ||
		fail "$1, with source $2, does not reach $3: $(cat "$LAB_DIR/output")"
}

# start [SETTINGS…]: start alpha, with adopt = yes, which is the default, and an empty log.
start() {
	lab_config "$@"
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
}
