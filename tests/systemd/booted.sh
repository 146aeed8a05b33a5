# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# booted.sh: shared by the tests in a booted system. The system itself is node alpha with its NIC
# eth0; node beta and an outsider are network namespaces on the same switch.

set -eu

on() {
	local host=$1
	shift
	ip netns exec "$host" "$@"
}

ok() { printf 'ok: %s\n' "$*"; }
fail() {
	printf 'FAILED: %s\n' "$*"
	journalctl --no-pager -n 30 -u 'clusterarpd*' 2>/dev/null || true
	systemctl --no-pager status 'clusterarpd*' 2>/dev/null | head -n 30 || true
	exit 1
}

# expect WHAT EXPECTED SEEN
expect() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', saw '$3'"
	ok "$1: $3"
}

# within SECONDS COMMAND…: longer on a slow machine (tests/netns/pace.sh).
within() {
	local end=$((SECONDS + $1 * ${LAB_PACE:-1}))
	shift
	until "$@"; do
		[ "$SECONDS" -le "$end" ] || return 1
		sleep 0.05
	done
}

# host NAME: makes a namespace with eth0 on the switch; "-" is the system itself.
host() {
	if [ "$1" = - ]; then
		ip link add eth0 type veth peer name p_alpha netns sw
		ip netns exec sw ip link set p_alpha master br0 up
		ip link set eth0 up
		return
	fi
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n "$1" link add eth0 type veth peer name "p_$1" netns sw
	ip -n sw link set "p_$1" master br0 up
	ip -n "$1" link set eth0 up
}

network() {
	mkdir -p /run/netns
	ip netns add sw
	ip -n sw link add br0 type bridge
	ip -n sw link set br0 up
	host -
	host beta
	host out
	ip -n out addr add 12.12.4.200/24 dev eth0
}

# The configuration: interface, addresses, nodes.
configure() {
	cat >/etc/clusterarpd/clusterarpd.conf <<-CONF
		[cluster]
		interface = eth0
		address   = 12.12.4.100/24

		[node alpha]
		address   = 12.12.4.101/24

		[node beta]
		address   = 12.12.4.102/24
	CONF
	hostname alpha
	echo alpha >/etc/hostname # NetworkManager, which may run here, sets it
}

# second_cluster INTERFACE: makes a second NIC on the switch, and the configuration of a second
# cluster on it, for the instance clusterarpd@second.
second_cluster() {
	ip link add "$1" type veth peer name p_second netns sw
	ip -n sw link set p_second master br0 up
	cat >/etc/clusterarpd/second.conf <<-CONF
		[cluster]
		interface = $1
		tap       = cluster1
		address   = 12.12.5.100/24

		[node alpha]
		address   = 12.12.5.101/24

		[node beta]
		address   = 12.12.5.102/24
	CONF
}

# The other node, without a service manager.
start_beta() {
	mkdir -p /run/beta
	ip netns exec beta clusterarpd -n beta -D -p /run/beta/pid -s /run/beta/control.sock ||
		fail "beta does not start"
}

pings() {
	"$@" 2>&1 | grep -q ' 3 received, 0% packet loss'
}

# Pings between alpha, beta and the outsider: none lost, none duplicated.
expect_pings() {
	local to
	for to in 12.12.4.102 12.12.4.200; do
		pings ping -n -c 3 -i 0.1 -W 1 "$to" || fail "$1: alpha does not reach $to"
	done
	pings on beta ping -n -c 3 -i 0.1 -W 1 12.12.4.101 || fail "$1: beta does not reach alpha"
	pings on out ping -n -c 3 -i 0.1 -W 1 12.12.4.101 || fail "$1: the outsider does not reach alpha"
	pings on out ping -n -c 3 -i 0.1 -W 1 12.12.4.102 || fail "$1: the outsider does not reach beta"
	ok "$1: ping between all nodes and the outsider"
}

# tcp WHAT HOST ADDRESS IPERF3-OPTION…: between this system and a host.
tcp() {
	local what=$1 host=$2 address=$3 rate
	shift 3
	ip netns exec "$host" iperf3 -s -1 -D >/dev/null
	sleep 0.3
	rate=$(iperf3 -J -t 1 -c "$address" "$@" | jq '.end.sum_received.bits_per_second / 1e6 | round')
	[ "$rate" -gt 100 ] || fail "$what: $rate Mb/s"
	ok "$what: $rate Mb/s"
}

expect_tcp() {
	tcp "$1: TCP to beta" beta 12.12.4.102
	tcp "$1: TCP from beta" beta 12.12.4.102 -R
	tcp "$1: TCP to the outsider" out 12.12.4.200
	tcp "$1: TCP from the outsider" out 12.12.4.200 -R
}

reaches() { ping -n -c 1 -W 1 "$1" >/dev/null 2>&1; }

# Everything that a clean stop must restore, once no address is tentative any more.
settled() { ! ip -6 addr show tentative | grep -q inet6; }
snapshot() {
	within 10 settled || echo "addresses remain tentative"
	ip -d link
	ip addr
	# The order of link-local routes through different links, and of groups, means nothing.
	ip route show table all | grep -v '^fe80::/64 '
	ip route show table all | grep '^fe80::/64 ' | sort
	tc qdisc
	tc filter show dev eth0 ingress 2>/dev/null || true
	ip maddr | sort
}

pid() { systemctl show -P MainPID clusterarpd; }
property() { systemctl show -P "$1" clusterarpd; }
# stored: how many descriptors the kernel data path keeps: TAP, two sockets on the NIC, ring and, where
# the kernel has tcx, the links of three programs.
stored() { if /tcx.py show lo ingress >/dev/null 2>&1; then echo 7; else echo 4; fi; }
