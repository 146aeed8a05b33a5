#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Announcements over IPv6 (SPEC 5; RFC 4861 7.2.6): unsolicited neighbour advertisements with the
# cluster MAC for the cluster address, and, once duplicate address detection is over, for the
# dedicated and the link-local address; the router flag tells whether the node forwards.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1 family=46
lab_config
DEDICATED=$(addr6_of alpha) LINK_LOCAL=$(link_local_of alpha)
on out ip neigh replace "$DEDICATED" lladdr 02:00:00:00:00:99 dev eth0 nud stale

# advertised ADDRESS FLAGS: how many correct unsolicited advertisements were captured.
advertised() {
	frames pcap2rows6 "$LAB_DIR/na.pcap" |
		awk -v a="$1" -v f="$2" -v m="2/$LAB_CLUSTER_MAC" -v s="$(dedicated_mac alpha)" \
			'$1 == s && $2 == "33:33:00:00:00:01" && $3 == "na" && $4 == a && $5 == "ff02::1" &&
			$6 == a && $7 == m && $8 == f && $9 == 255 && $10 == "ok"' | wc -l
}
all_are() { [ "$(advertised "$LAB_CLUSTER_IP6" "$1")" -ge 3 ] && [ "$(advertised "$DEDICATED" "$1")" -ge 3 ] &&
	[ "$(advertised "$LINK_LOCAL" "$1")" -ge 3 ]; }

# expect_advertised WHEN FLAGS
expect_advertised() {
	within "$(seconds 8)" all_are "$2" ||
		fail "$1: advertisements of cluster, dedicated, link-local address: $(advertised "$LAB_CLUSTER_IP6" "$2") $(advertised "$DEDICATED" "$2") $(advertised "$LINK_LOCAL" "$2")"
	capture_stop
	ok "$1: cluster, dedicated and link-local address are advertised, flags $2"
}

capture sw p_alpha "$LAB_DIR/na.pcap" -Q in 'icmp6 and ip6[40] = 136'
lab_start alpha
expect "advertisements of a tentative address" "0 0" \
	"$(advertised "$DEDICATED" O) $(advertised "$LINK_LOCAL" O)"
lab_settle
expect_advertised "start" O
expect "the outsider's entry for the dedicated address" "$LAB_CLUSTER_MAC" "$(table out "$DEDICATED" eth0)"

on alpha sysctl -qw net.ipv6.conf.all.forwarding=1
on alpha ip link set eth0 down
capture sw p_alpha "$LAB_DIR/na.pcap" -Q in 'icmp6 and ip6[40] = 136'
on alpha ip link set eth0 up
expect_advertised "NIC up again, forwarding" RO

# Without IPv6 there is nothing to advertise.
on alpha sysctl -qw net.ipv6.conf.cluster0.disable_ipv6=1
on alpha ip link set eth0 down
capture sw p_alpha "$LAB_DIR/na.pcap" -Q in 'icmp6'
on alpha ip link set eth0 up
sleep 2.5
capture_stop
expect "with IPv6 off: ICMPv6 on the wire" 0 "$(frames longest "$LAB_DIR/na.pcap")"
lab_stop alpha
