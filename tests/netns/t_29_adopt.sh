#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# adopt = yes (SPEC 5): addresses and routes of every kind move from the NIC to the TAP and back,
# and nothing else changes. They are kept while NIC and TAP disappear and come back. Traffic that
# uses them works.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=adopt.sh
. "$LAB_TOP/adopt.sh"

lab_nodes 2
RECORD=$(socket_of alpha).eth0.adopted.json

# announcements FILE MAC ETHERNET-SOURCE: lines ADDRESS TIMES, of gratuitous ARP requests and unsolicited
# neighbour advertisements with that MAC.
announcements() {
	{
		frames pcap2rows "$1" 2>/dev/null | awk -v m="$2" -v s="$3" '$1 == s && $4 == $6 && $5 == m { print $4 }'
		frames pcap2rows6 "$1" 2>/dev/null | sed -nE "s|^$3 33:33:00:00:00:01 na ([^ ]*) ff02::1 \\1 2/$2 O 255 ok.*|\\1|p"
	} | sort | uniq -c | awk '{ print $2, $1 }'
}
ANNOUNCED=(12.12.4.101 12.12.4.150 12.12.4.151 10.{1..7}.0.1
	2001:db8:{1::101,1::102,2::101,3::101,4::1,5::101,6::101,8::101})
# few_announced FILE MAC ETHERNET-SOURCE: those of ANNOUNCED that are announced less than three times so far.
few_announced() {
	announcements "$@" >"$LAB_DIR/times"
	printf '%s\n' "${ANNOUNCED[@]}" | awk 'NR == FNR { n[$1] = $2; next } n[$1] < 3' "$LAB_DIR/times" -
}
are_announced() { [ -z "$(few_announced "$@")" ]; }
# expect_announced WHAT FILE MAC ETHERNET-SOURCE: each address is announced three times, and from this source
# only. (Once or twice more if an event that begins the announcements anew falls between them, as on a slow machine.)
expect_announced() {
	expect "$1: addresses that are announced less than three times" "" "$(few_announced "${@:2}" | xargs)"
	expect "$1: addresses that are announced too often" "" \
		"$(awk '$1 != "10.4.0.1" && $2 > 5' "$LAB_DIR/times" | xargs)"
	expect "$1: sources of announcements" "$4" \
		"$(frames pcap2rows "$2" | awk '$4 == $6 { print $1 }' | sort -u | xargs)"
}

# expect_no_dad WHAT DEVICE: since lab_watch, the device got its address, and none was tentative.
expect_no_dad() {
	lab_watched
	grep -q "^[0-9]*: $2 .*2001:db8:1::101" "$LAB_DIR/changes" || fail "$1: no address on $2 was seen"
	expect "$1: tentative addresses" "" \
		"$(lab_tentative 2001:db8:)"
}

# expect_traffic WHEN: traffic with the adopted addresses, both ways.
expect_traffic() {
	local address
	expect_reach alpha beta >/dev/null
	expect_reach beta alpha >/dev/null
	expect_reach out alpha >/dev/null
	for address in 12.12.4.101 12.12.4.150 12.12.4.151; do
		ping_from alpha "$address" 12.12.4.200
		ping_from out eth0 "$address"
	done
	ping_from alpha 12.12.4.101 12.12.4.102
	ping_from beta cluster0 12.12.4.101
	ping_from alpha 10.3.0.1 10.3.0.200
	ping_from out 10.3.0.200 10.3.0.1
	ping_from out 10.4.0.2 10.4.0.1
	ping_from alpha 12.12.4.150 198.51.100.1 # through routing table 77
	ok "$1: traffic with the adopted addresses"
}

# --- everything ----------------------------------------------------------------------

adopt_peers
adopt_furnish
lab_config adopt=yes
lab_start beta
adopt_before
capture sw p_alpha "$LAB_DIR/start.pcap" -Q in arp or icmp6
lab_watch alpha
start
within "$(seconds 5)" are_announced "$LAB_DIR/start.pcap" "$LAB_CLUSTER_MAC" "$(dedicated_mac alpha)" || true
sleep 0.3
capture_stop
expect_no_dad "start" cluster0
expect_adopted "start"
expect_announced "start" "$LAB_DIR/start.pcap" "$LAB_CLUSTER_MAC" "$(dedicated_mac alpha)"
expect "start: IPv6 addresses in their order" \
	"$(grep -o '^2001:[^/ ]*' "$LAB_DIR/addresses" | xargs)" "$(addresses_of cluster0 | grep -o '^2001:[^/ ]*' | xargs)"
jq -e '.items | length' "$RECORD" >/dev/null || fail "no record: $(cat "$RECORD")"
expect_traffic "start"
first_of() { for net in 81 82 83; do ip -n alpha -j route get 100.$net.0.1 | jq -r '.[].dev'; done | xargs; }
expect "the first of two routes with different links" "cluster0 eth1 cluster0" "$(first_of)"
expect "the route from the rule's table" "77 cluster0 12.12.4.200" \
	"$(ip -n alpha route get 203.0.114.1 from 12.12.4.150 | sed -nE 's/.*via ([^ ]*) dev ([^ ]*) table ([^ ]*).*/\3 \2 \1/p')"
expect_said 'its address 12\.12\.4\.150/24 moves to cluster0'
expect "log lines about the configured address" "clusterarpd: eth0: its address 12.12.4.101/24 moves to cluster0" \
	"$(grep -F 12.12.4.101 "$LAB_DIR/alpha.log")"
! said 'cannot' || fail "something fails: $(cat "$LAB_DIR/alpha.log")"

on alpha ip link set cluster0 down
expect_said 'cluster0 was set down'
on alpha ip link set cluster0 up
expect_adopted "the TAP down and up"
expect "the TAP down and up: the first of two routes" "cluster0 eth1 cluster0" "$(first_of)"
expect_traffic "the TAP down and up"
on alpha ip link del cluster0
expect_said 'cluster0 is gone'
expect_adopted "the TAP deleted"
expect "the TAP deleted: the first of two routes" "cluster0 eth1 cluster0" "$(first_of)"
expect_traffic "the TAP deleted"

capture sw p_alpha "$LAB_DIR/stop.pcap" -Q in arp or icmp6
lab_watch alpha
lab_stop alpha
capture_stop
expect_no_dad "stop" eth0
expect_announced "stop" "$LAB_DIR/stop.pcap" "$(nic_mac alpha)" "$(nic_mac alpha)"
expect_as_before "stop"
expect_reach out alpha

# As an ordinary user.
: >"$LAB_DIR/alpha.log"
lab_start_user alpha
expect_adopted "an ordinary user"
lab_stop alpha
expect_as_before "an ordinary user"
chown 0:0 /run/clusterarpd/alpha
! said 'cannot' || fail "something fails: $(cat "$LAB_DIR/alpha.log")"

# --- the NIC comes and goes -----------------------------------------------------------

start
ip -n alpha link del eth0
expect_said 'eth0 is gone'
tap_has_all || fail "the TAP loses what moved when the NIC is gone"
lab_veth alpha eth0 52:54:00:00:00:77 p_alpha
ip -n alpha link set eth0 up
expect_reach out alpha
expect_adopted "a new NIC"
expect_traffic "a new NIC"

# Another NIC, which already has an address and a route. another_nic ADDRESS
another_nic() {
	ip -n alpha link del eth0
	lab_veth alpha new0 52:54:00:00:00:78 p_alpha
	ip -n alpha addr add "$1/24" dev new0
	ip -n alpha link set new0 up
	addresses_of new0 >>"$LAB_DIR/addresses"
	routes_of new0 >>"$LAB_DIR/routes"
}
another_nic 10.8.0.1
ip -n alpha route add 100.80.0.0/16 via 10.8.0.2
routes_of new0 | grep -F '"100.80.0.0/16"' >"$LAB_DIR/route"
! lab_rename alpha new0 eth0 || cat "$LAB_DIR/route" >>"$LAB_DIR/routes"
expect_reach out alpha
expect_adopted "a new NIC that has an address"
another_nic 10.10.0.1
ip -n alpha link set new0 down
ip -n alpha link set new0 name eth0
expect_reach out alpha
expect_adopted "a new NIC that has an address and is down"

fds() { find "/proc/${LAB_PID[alpha]}/fd" | wc -l; }
before=$(fds)
for ((i = 0; i < 20; i++)); do
	ip -n alpha link del eth0
	lab_veth alpha eth0 52:54:00:00:00:77 p_alpha
	ip -n alpha link set eth0 up
	within "$(seconds 5)" reach out alpha || fail "NIC $i: out does not reach alpha"
done
expect_adopted "20 NICs"
expect "open descriptors after 20 NICs" "$before" "$(fds)"
expect "duplicate items in the record" "" "$(jq -r '.items[].netlink' "$RECORD" | sort | uniq -d)"
lab_stop alpha
expect "addresses missing on the last NIC" "" "$(what_not "$LAB_DIR/addresses" addresses_of eth0)"
expect "routes missing on the last NIC" "" "$(what_not "$LAB_DIR/routes" routes_of eth0)"
expect "other addresses and routes on it" "" "$(what_else "$LAB_DIR/addresses" addresses_of eth0)$(what_else "$LAB_DIR/routes" routes_of eth0)"
expect_reach out alpha

# There is no NIC at the stop.
adopt_few
start
ip -n alpha link del eth0
expect_said 'eth0 is gone'
lab_stop alpha
for what in 'address 12\.12\.4\.101/24' 'address 12\.12\.4\.150/24' 'default route' \
	'address 2001:db8:1::101/64' 'route to 2001:db8:77::/48'; do
	expect_said "eth0 does not exist: its $what is not given back"
done
expect "files left" "" "$(files_left)"

# There is no NIC at the start.
start
lab_veth alpha new0 52:54:00:00:00:01 p_alpha
ip -n alpha addr add 12.12.4.150/24 dev new0
ip -n alpha link set new0 up
ip -n alpha route add default via 12.12.4.200 dev new0
route=" default"
lab_rename alpha new0 eth0 || route=
expect_reach out alpha
expect_reach beta alpha
ping_from out eth0 12.12.4.150
nic_has_none || fail "still on the NIC: $(addresses_of eth0)"
lab_stop alpha
# It may have been down when it was taken.
[ -n "$route" ] || ip -n alpha link set eth0 up
expect "a NIC that came later: addresses and routes" "12.12.4.150/24 12.12.4.0/24$route" \
	"$(addresses_of eth0 | cut -d' ' -f1 | xargs) $(routes_of eth0 | jq -r .dst | xargs)"
ip -n alpha addr flush dev eth0 scope global

# --- other configurations ----------------------------------------------------------------

# A gateway in the configuration and a default route on the NIC, with the same or another metric:
# the first default route stays the same.
gateways() { ip -n alpha -j route show default | jq -r '.[] | "\(.gateway) \(.dev) \(.metric // 0)"' | xargs; }
for metric in 0 100; do
	ip -n alpha addr add 12.12.4.101/24 brd + dev eth0
	ip -n alpha route add default via 12.12.4.200 metric $metric
	adopt_before
	start gateway=12.12.4.254
	at_first=$(gateways)
	say "gateway, and a default route with metric $metric: $at_first"
	grep -q '12.12.4.200 cluster0' <<<"$at_first" || fail "the NIC's default route is lost"
	nic_has_none || fail "still on the NIC: $(addresses_of eth0)"
	ip -n alpha link set cluster0 down
	expect_said 'cluster0 was set down'
	ip -n alpha link set cluster0 up
	within "$(seconds 2)" tap_has_all || fail "routes are lost when the TAP is set down"
	expect "the first default route after the TAP was down" "${at_first%% *}" \
		"$(gateways | cut -d' ' -f1)"
	lab_kill alpha
	lab_start alpha
	expect "the first default route after a crash" "${at_first%% *}" "$(gateways | cut -d' ' -f1)"
	lab_stop alpha
	expect_as_before "gateway, and a default route with metric $metric"
	ip -n alpha addr flush dev eth0 scope global
done

# A cluster address on the NIC is not added twice.
ip -n alpha addr add $LAB_CLUSTER_IP/24 dev eth0
adopt_before
start
expect "the cluster address" "$LAB_CLUSTER_IP/32 global" \
	"$(addresses_of cluster0 | awk -v a="$LAB_CLUSTER_IP/" 'index($1, a) == 1 { print $1, $4 }' | xargs)"
nic_has_none || fail "still on the NIC: $(addresses_of eth0)"
! said 'cannot' || fail "something fails: $(cat "$LAB_DIR/alpha.log")"
ping_from alpha 12.12.4.101 12.12.4.200
expect "source address of connections that alpha starts" 12.12.4.101 \
	"$(ip -n alpha -j route get 12.12.4.200 | jq -r '.[].prefsrc')"
ping_from out eth0 "$LAB_CLUSTER_IP"
lab_stop alpha
expect_as_before "a cluster address"
ip -n alpha addr flush dev eth0 scope global

# A route that cannot be made again on the TAP stays on the NIC, and a log line says so.
ip -n alpha addr add 12.12.4.101/24 dev eth0
ip -n alpha nexthop add id 5 via 12.12.4.200 dev eth0
ip -n alpha route add 100.71.0.0/16 nhid 5
adopt_before
start
expect_said 'route to 100\.71\.0\.0/16 .*cannot'
expect "what stays on the NIC" 100.71.0.0/16 "$(routes_of eth0 | jq -r .dst)"
lab_stop alpha
expect_as_before "a route with a nexthop object"
ip -n alpha nexthop del id 5

# An operator's own route replaces the connected route. When the address moves, the kernel adds its
# own connected route first.
adopt_few
ip -n alpha -6 route replace 2001:db8:1::/64 dev eth0 metric 256 mtu 1400
adopt_before
start
lab_stop alpha
expect_as_before "a route that replaces the kernel's"

# No room for the record at the stop: the page that another record frees is too small for it.
adopt_few
for ((i = 0; i < 20; i++)); do ip -n alpha addr add "10.9.$i.1/24" dev eth0; done
adopt_before
FULL=$(dirname "$RECORD")
mount -t tmpfs -o size=64k full "$FULL"
start
cat /dev/zero >"$FULL/fill" 2>/dev/null || true
lab_stop alpha
rm "$FULL/fill"
expect_said 'cannot write .*adopted\.json: No space left on device'
expect_as_before "no room at the stop"
umount "$FULL"

# A start that fails in its last step moves everything back. A second daemon changes nothing.
adopt_few
program() {
	expect_rc "$1" "$2" ip netns exec alpha "$CLUSTERARPD" -c "$3" -n alpha -s "$4" "${@:5}"
}
program 3 "no process ID file" "$LAB_CONF" "$(socket_of alpha)" -p /nonexistent/pid
expect_as_before "a start that failed"
start
program 3 "the same daemon again" "$LAB_CONF" "$(socket_of alpha)"
sed 's/^tap = .*/tap = cluster1/' "$LAB_CONF" >"$LAB_CONF.other"
program 3 "another TAP for the same NIC" "$LAB_CONF.other" /run/clusterarpd/other.sock
expect_adopted "a second daemon"
expect_reach out alpha
lab_stop alpha
expect_as_before "a second daemon"
expect "files of the second daemon" "" "$(find /run/clusterarpd -name 'other*')"

# Duplicate address detection has not succeeded for an address: it goes on, on the TAP. What has
# failed on the TAP, or is not there, goes through it on the NIC.
adopt_few
dad_transmits() { on alpha sysctl -qw "net.ipv6.conf.default.dad_transmits=$1" "net.ipv6.conf.eth0.dad_transmits=$1"; }
# A second each: long enough for the daemon's start, and over before its announcements are (announce.c: 12 rounds).
dad_transmits $((LAB_PACE < 4 ? 4 : LAB_PACE < 7 ? LAB_PACE : 7))
ip -n out addr add 2001:db8:1::66/64 dev eth0 nodad
ip -n alpha addr add 2001:db8:1::65/64 dev eth0
ip -n alpha addr add 2001:db8:1::66/64 dev eth0
tentative() { ip -n alpha -6 -o addr show dev "$1" tentative | grep -o '2001:[^/ ]*' | sort | xargs; }
capture sw p_alpha "$LAB_DIR/start.pcap" -Q in icmp6
start
expect "still tentative" "2001:db8:1::65 2001:db8:1::66" "$(tentative cluster0)"
only_the_duplicate() { [ "$(tentative "$1")" = 2001:db8:1::66 ]; }
within "$(seconds 8)" only_the_duplicate cluster0 || fail "tentative on the TAP: $(tentative cluster0)"
lab_announced
capture_stop
dad_transmits 1
announcements "$LAB_DIR/start.pcap" "$LAB_CLUSTER_MAC" "$(dedicated_mac alpha)" >"$LAB_DIR/times"
of() { awk -v a="$1" '$1 == a { n = $2 } END { print n + 0 }' "$LAB_DIR/times"; }
expect_num "announcements of an address that was tentative" "$(of 2001:db8:1::65)" ">=" 3
expect "announcements of a duplicate" 0 "$(of 2001:db8:1::66)"
lab_stop alpha
within "$(seconds 5)" only_the_duplicate eth0 || fail "tentative on the NIC: $(tentative eth0)"
ok "a duplicate is one on the TAP and on the NIC: $(ip -n alpha -6 -o addr show dev eth0 dadfailed | grep -o '2001:[^/ ]*')"
ip -n out addr del 2001:db8:1::66/64 dev eth0

# IPv6 is off on the TAP: one line, and IPv6 stays on the NIC; until it is on.
adopt_few
on alpha sysctl -qw net.ipv6.conf.default.disable_ipv6=1
start
expect "IPv6 is off: lines" 1 "$(grep -c 'IPv6\|2001:' "$LAB_DIR/alpha.log")"
expect_said 'eth0: its 2 IPv6 addresses and routes are not moved to cluster0, .*net\.ipv6\.conf\.cluster0\.disable_ipv6 is 1'
expect "IPv6 is off: problems" nic_ipv6_left "$(ctl alpha -j status | jq -r '.problems[].id' | xargs)"
expect "IPv6 is off: on the NIC" 2001:db8:1::101/64 "$(addresses_of eth0 | cut -d' ' -f1)"
ping_from out eth0 12.12.4.150
on alpha ip link set eth0 mtu 1400
on alpha ip link del cluster0
expect_said 'cluster0 is gone'
expect "IPv6 is off on a new TAP, too: lines" 1 "$(grep -c 'IPv6\|2001:' "$LAB_DIR/alpha.log")"
lab_kill alpha
start
lab_stop alpha
ip -n alpha link set eth0 mtu 1500
expect_as_before "IPv6 is off"
start
on alpha sysctl -qw net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.cluster0.disable_ipv6=0
within "$(seconds 8)" nic_has_none || fail "IPv6 is on again: still on the NIC: $(addresses_of eth0)"
expect "IPv6 is on again: problems" "" "$(ctl alpha -j status | jq -r '.problems[].id' | xargs)"
lab_stop alpha
expect_as_before "IPv6 is on again"

# A NIC that is down has addresses, but no routes.
ip -n alpha link set eth0 down
ip -n alpha addr flush dev eth0
ip -n alpha addr add 12.12.4.150/24 dev eth0
adopt_before
start
expect_reach out alpha
ping_from out eth0 12.12.4.150
lab_stop alpha
expect_as_before "a NIC that was down"
lab_stop beta
