#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The TAP changed by other programs, or in unusual configurations. Its routes come back after it
# was down, the default routes of both families too. A network that already has a route is left alone. An MTU below 1280 and back gives it
# no link-local address from the shared MAC. An MTU larger than the NIC's, and the largest MTU.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
ip -n out addr add "$(addr6_of out)/64" dev eth0 nodad
DUAL6=(address="12.12.4.100/24, $LAB_CLUSTER_IP6/64" alpha.address="12.12.4.101/24, $(addr6_of alpha)/64")
ip -n out addr add 192.0.2.77/25 dev eth0
ip -n out addr add 198.51.100.1/32 dev lo

said() { grep -Eq -- "$1" "$LAB_DIR/alpha.log"; }
expect_said() {
	within "$(seconds 2)" said "$1" || fail "no log line with '$1'"
	ok "log line: $(grep -Em 1 -- "$1" "$LAB_DIR/alpha.log")"
}
# start SETTINGS…
start() {
	lab_config "$@"
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
}
routes() {
	on alpha ip -j route | jq -r '.[] | select(.dst == "default" or .dst == "192.0.2.0/25") |
		"\(.dst) \(.gateway // "-") \(.dev) \(.prefsrc // "-")"' | sort | xargs
}
# expect_traffic WHAT ADDRESS…: the addresses are those of `out`.
expect_traffic() {
	local address
	ping_clean out alpha || fail "$1: pings from out to alpha failed"
	for address in "$@"; do
		[ "$address" != "$1" ] || continue
		on alpha ping -n -c 2 -i 0.1 -W "$LAB_REPLY" "$address" >"$LAB_DIR/output" ||
			fail "$1: alpha does not reach $address: $(cat "$LAB_DIR/output")"
	done
	ok "$1: alpha reaches ${*:2}"
}
tap() { on alpha ip -j -d link show cluster0 | jq -r ".[0].$1"; }
tap_mtu_is() { [ "$(tap mtu)" = "$1" ]; }

# Set down and up.
all_routes="192.0.2.0/25 - cluster0 192.0.2.10 default 12.12.4.200 cluster0 -"
routes_are() { [ "$(routes)" = "$1" ]; }
start address="12.12.4.100/24, 192.0.2.10/25" gateway=12.12.4.200
expect "routes" "$all_routes" "$(routes)"
sleep 0.3
expect "log lines at a start without problems" 1 "$(wc -l <"$LAB_DIR/alpha.log")"
expect_traffic "at first" 12.12.4.200 192.0.2.77 198.51.100.1
on alpha ip link set cluster0 down
expect_said 'cluster0 was set down'
expect "routes while the TAP is down" "" "$(routes)"
on alpha ip link set cluster0 up
within "$(seconds 2)" routes_are "$all_routes" || fail "the routes do not come back: $(routes)"
expect "routes after the TAP was down" "$all_routes" "$(routes)"
expect_reach out alpha
expect_traffic "after down and up" 12.12.4.200 192.0.2.77 198.51.100.1
! said 'already' || fail "the daemon takes its own route for one that exists already"
lab_stop alpha

# A gateway for each family. What the node sends through the IPv6 one has its dedicated address as
# source, also where only the cluster's prefix contains the gateway.
DUAL=(address="12.12.4.100/24, 2001:db8:1::100/64" alpha.address="12.12.4.101/24, 2001:db8::101/64")
gateways() { on alpha ip -"$1" -j route show default | jq -r '.[] | "\(.gateway) \(.dev)"' | xargs; }
gateways_are() { [ "$(gateways 4), $(gateways 6)" = "$1" ]; }
# expect_gateways WHAT IPV6-GATEWAY
expect_gateways() {
	within "$(seconds 4)" gateways_are "12.12.4.200 cluster0, $2 cluster0" ||
		fail "$1: the gateways are $(gateways 4), $(gateways 6)"
	ok "$1: the gateways are 12.12.4.200 and $2"
}
source_is() { [ "$(on alpha ip -j -6 route get 2001:db8:99::1 | jq -r '.[0].prefsrc')" = "$1" ]; }
for gateway in fe80::1 2001:db8:1::1 2001:db8::1; do
	start "${DUAL[@]}" gateway=$'12.12.4.200\ngateway = '"$gateway"
	expect_gateways "at first" "$gateway"
	within "$(seconds 4)" source_is 2001:db8::101 ||
		fail "source: $(on alpha ip -6 route get 2001:db8:99::1)"
	expect "configuration of clusterarpctl" "[\"12.12.4.200\",\"$gateway\"]" \
		"$(ctl alpha -j config | jq -c .config.cluster.gateway)"
	on alpha ip -6 route del default
	expect_gateways "after one was removed" "$gateway"
	on alpha ip link set cluster0 down
	expect_said 'cluster0 was set down'
	on alpha ip link set cluster0 up
	expect_gateways "after the TAP was down" "$gateway"
	lab_stop alpha
done

# Another interface has the default routes.
ip -n alpha link add eth1 type veth peer name peer1
ip -n alpha link set eth1 addrgenmode none up
ip -n alpha link set peer1 addrgenmode none up
ip -n alpha route add default via 192.0.2.1 dev eth1 onlink
ip -n alpha route add default via fe80::99 dev eth1 metric 1024
start "${DUAL[@]}" gateway=$'12.12.4.200\ngateway = fe80::1'
expect_said 'already: gateway 12\.12\.4\.200 is not used'
expect_said 'already: gateway fe80::1 is not used'
lab_stop alpha
ip -n alpha route del default dev eth1
ip -n alpha -6 route del default dev eth1

# The cluster's network already has a route.
on alpha ip route add 192.0.2.0/25 dev eth1
lab_snapshot alpha >"$LAB_DIR/before"
start address="12.12.4.100/24, 192.0.2.10/25" gateway=12.12.4.200
expect_said 'already a route.*192\.0\.2\.10/25'
expect "routes" "192.0.2.0/25 - eth1 - default 12.12.4.200 cluster0 -" "$(routes)"
expect_traffic "routed elsewhere" 12.12.4.200 198.51.100.1
lab_stop alpha
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "routed elsewhere, stopped" "$LAB_DIR/before" "$LAB_DIR/after"
ip -n alpha link del eth1

# An MTU too small for IPv6, and back: the addresses of the file come back, too.
has_ipv6() { LAB_FAMILY=6 reach out alpha && LAB_FAMILY=ll reach out alpha; }
start "${DUAL6[@]}"
for mtu in 1200 1500; do
	on alpha ip link set eth0 mtu $mtu
	within "$(seconds 2)" tap_mtu_is $mtu || fail "the TAP does not get the MTU $mtu"
	expect_reach out alpha
done
within "$(seconds 5)" has_ipv6 || fail "no IPv6 after MTU 1200 and 1500: $(on alpha ip -6 addr show dev cluster0)"
sleep 1
expect "IPv6 link-local address, from the dedicated MAC" fe80::4bf:cff:fe0c:465 \
	"$(on alpha ip -j -6 addr show dev cluster0 scope link | jq -r '.[].addr_info[]?.local // empty')"
expect "address generation" none "$(tap inet6_addr_gen_mode)"
expect_traffic "after MTU 1200 and 1500" 12.12.4.200
lab_stop alpha

# An MTU larger than the NIC's.
start mtu=9000
expect "MTU" 9000 "$(tap mtu)"
expect_said 'too_long'
expect_traffic "MTU 9000" 12.12.4.200
before=$(counter alpha .drops.too_long)
on alpha ping -n -c 2 -i 0.1 -W 1 -M "do" -s 5000 12.12.4.200 >/dev/null 2>&1 || true
expect_num "too_long" "$(counter alpha .drops.too_long)" ">=" $((before + 2))
lab_stop alpha

# The largest MTU of a NIC is more than a TAP's maximum.
ip -n sw link set p_alpha mtu 65535
ip -n alpha link set eth0 mtu 65535
start
expect "MTU on a NIC of 65535" 65521 "$(tap mtu)"
expect_traffic "MTU 65521" 12.12.4.200
lab_stop alpha
