#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Announcements (SPEC 5): at start and after the NIC comes back, each of the node's addresses is
# announced three times, a second apart, with the cluster MAC: by ARP or by a neighbour
# advertisement. The outsider updates its entry.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1 family=46
lab_config
for address in 12.12.4.101 2001:db8:4::101; do
	on out ip neigh replace $address lladdr 02:00:00:00:00:99 dev eth0 nud stale
done

# announced ADDRESS: the number of announcements captured.
announced() {
	frames pcap2rows "$LAB_DIR/arp.pcap" |
		awk -v a="$1" -v m="$LAB_CLUSTER_MAC" '$4 == a && $6 == a && $5 == m' | wc -l
}
# advertised ADDRESS [FLAGS]: the number of unsolicited neighbour advertisements captured, as
# RFC 4861 7.2.6 has them.
advertised() {
	frames pcap2rows6 "$LAB_DIR/arp.pcap" |
		grep -c "^[^ ]* 33:33:00:00:00:01 na $1 ff02::1 $1 2/$LAB_CLUSTER_MAC ${2:-O} 255 ok"
}
three_of() { [ "$(advertised "$1")" -ge 3 ]; }

all_three() { [ "$(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP")" = 3/3 ]; }

# expect_announced WHEN
expect_announced() {
	within "$(seconds 5)" all_three ||
		fail "$1: expected 3/3 announcements, saw $(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP")"
	sleep 1.2
	capture_stop
	expect "$1: announcements of dedicated and cluster address" 3/3 \
		"$(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP")"
	expect_sources "$1: sources" "$LAB_DIR/arp.pcap" "$(dedicated_mac alpha)"
}

# What the NIC's own stack sends before the daemon starts does not count: reports (MLD), router solicitations.
nic_is_quiet() { [ -z "$(ip -n alpha -6 addr show dev eth0 tentative)" ]; }
within "$(seconds 5)" nic_is_quiet || fail "eth0: $(ip -n alpha -6 addr show dev eth0)"
sleep 1 # its last MLD report
capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in 'arp or (icmp6 and (ip6[40] = 135 or ip6[40] = 136))'
lab_start alpha
for address in 2001:db8:4::101 $LAB_CLUSTER_IP6; do
	within "$(seconds 5)" three_of "$address" || fail "$address: $(advertised "$address") advertisements"
	ok "$address: $(advertised "$address") advertisements"
done
expect_announced "start"
for address in 12.12.4.101 2001:db8:4::101; do
	expect "the outsider's entry for $address" "$LAB_CLUSTER_MAC" "$(table out $address eth0)"
done

# The NIC comes back: as a new device, from admin-down, and from a lost carrier. The capture is on
# br0, which sees the frames of all ports even when a port is replaced. The first announcement may
# come before the port is forwarding, which is why there are three.
but_the_first() {
	case $(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP") in [23]/[23]) true ;; *) false ;; esac
}
expect_back() {
	within "$(seconds 5)" but_the_first ||
		fail "$1: expected 2 or 3 announcements of each, saw $(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP")"
	sleep 1.2
	but_the_first || fail "$1: expected no further announcements, saw $(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP")"
	capture_stop
	expect_sources "$1: sources" "$LAB_DIR/arp.pcap" "$(dedicated_mac alpha)"
}
watch() { capture sw br0 "$LAB_DIR/arp.pcap" arp and not ether src "$(nic_mac out)"; }

ip -n alpha link del eth0
watch
lab_veth alpha eth0 52:54:00:00:00:77 p_alpha
ip -n alpha link set eth0 up
expect_back "a new NIC"

on alpha ip link set eth0 down
watch
on alpha ip link set eth0 up
expect_back "NIC up again"

on sw ip link set p_alpha down
watch
on sw ip link set p_alpha up
expect_back "carrier back"
expect_reach out alpha
lab_stop alpha

# A node that forwards IPv6 is a router: a host that hears the opposite removes its routes through
# it (RFC 4861 7.2.5).
on alpha sysctl -qw net.ipv6.conf.all.forwarding=1
capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in icmp6
lab_start alpha
routers() { [ "$(advertised 2001:db8:4::101 RO)" -ge 3 ]; }
within "$(seconds 5)" routers || fail "advertisements with the router flag: $(advertised 2001:db8:4::101 RO)"
capture_stop
expect "advertisements without the router flag" 0 "$(advertised 2001:db8:4::101 || true)"
lab_stop alpha
on alpha sysctl -qw net.ipv6.conf.all.forwarding=0

# IPv6 is off on the TAP: its addresses are not announced, as nobody would answer.
lab_start alpha
on alpha sysctl -qw net.ipv6.conf.cluster0.disable_ipv6=1
lab_announced
on sw ip link set p_alpha down
capture sw br0 "$LAB_DIR/arp.pcap" '(arp or icmp6)' and not ether src "$(nic_mac out)"
on sw ip link set p_alpha up
expect_back "IPv6 is off"
expect "IPv6 is off: advertisements" 0 "$(advertised 2001:db8:4::101 || true)"
lab_stop alpha
