#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What -t accepts does not fail at the start for a reason that is in the file (SPEC 6): odd
# configurations either start or are refused by -t.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1 out=no

# write INTERFACE CLUSTER-ADDRESS ALPHA-ADDRESS BETA-ADDRESS [CLUSTER-LINE…]
write() {
	LAB_CONF=$LAB_DIR/odd.conf
	printf '[cluster]\ninterface = %s\naddress = %s\ndatapath = %s\n' "$1" "$2" "$LAB_DATAPATH" >"$LAB_CONF"
	[ $# -eq 4 ] || printf '%s\n' "${@:5}" >>"$LAB_CONF"
	printf '[node alpha]\naddress = %s\n[node beta]\naddress = %s\n' "$3" "$4" >>"$LAB_CONF"
}
usual() { write eth0 12.12.4.100/24 12.12.4.101/24 12.12.4.102/24 "$@"; }

starts() {
	expect_rc 0 "-t, $1" "$CLUSTERARPD" -t -c "$LAB_CONF" -n alpha
	lab_start alpha
	ctl alpha -j status | jq -e '.node == "alpha"' >/dev/null || fail "$1: no status"
	lab_stop alpha
	ok "$1: starts"
}

# refused WHAT MESSAGE: by -t.
refused() {
	expect_rc 1 "-t, $1" "$CLUSTERARPD" -t -c "$LAB_CONF" -n alpha
	grep -q -- "$2" "$LAB_DIR/output" || fail "$1: expected '$2', saw $(cat "$LAB_DIR/output")"
}

for name in abcdefghijklmno a.b eth0.5 0 -x .x 'a*' "a'b\$c" 'a\b' '[x]' a=b conf; do
	usual "tap = $name"
	starts "tap = $name"
done
for name in all default lo; do
	usual "tap = $name"
	refused "tap = $name" "error: tap = '$name'"
	write "$name" 12.12.4.100/24 12.12.4.101/24 12.12.4.102/24
	refused "interface = $name" "error: interface = '$name'"
done
write 'eth*' 12.12.4.100/24 12.12.4.101/24 12.12.4.102/24
starts "an interface with a wild card, which is waited for"

for mtu in 68 1279 1280 65521; do
	usual "mtu = $mtu"
	starts "mtu = $mtu"
done

write eth0 12.12.4.1/24 12.12.4.100/31 12.12.4.101/31
starts "a line of two nodes"
write eth0 12.12.4.100/24 12.12.4.101/32 12.12.4.102/32 "gateway = 12.12.4.1"
starts "single addresses, and a gateway in the cluster's prefix"
write eth0 192.0.2.10/1 12.12.4.101/24 12.12.4.102/24 "gateway = 192.0.2.1"
starts "half of all addresses"
write eth0 12.12.4.255/16 12.12.4.101/24 12.12.4.102/24
starts "a cluster address that is the nodes' broadcast address"
write eth0 240.0.0.3/24 240.0.0.1/24 240.0.0.2/24 "gateway = 240.0.0.9"
starts "class E"
write eth0 12.12.4.100/24 "12.12.4.101/24, 12.12.4.9/31, 12.12.4.7/25" "12.12.4.102/24, 12.12.4.17/25" \
	"neigh = pin" "address = 12.12.5.100/24, 12.12.5.101/25, 12.12.6.1/32"
starts "networks within networks"

# write6 CLUSTER-ADDRESS ALPHA-ADDRESS BETA-ADDRESS [CLUSTER-LINE…]: without IPv4
write6() {
	write eth0 "$@" "mac = 02:bf:00:00:00:64"
	sed -i -e '/^\[node alpha/amac = 06:bf:00:00:00:65' -e '/^\[node beta/amac = 06:bf:00:00:00:66' "$LAB_CONF"
}
usual6() { write6 2001:db8::100/64 2001:db8::101/64 2001:db8::102/64 "$@"; }
usual6
starts "IPv6 alone"
for gateway in fe80::1 febf:1::1 2001:db8::1 2001:db8::ffff:ffff:ffff:ffff; do
	usual6 "gateway = $gateway"
	starts "IPv6 alone, gateway = $gateway"
done
usual "gateway = fe80::1" "gateway = 12.12.4.1" "mtu = 1280"
starts "a link-local gateway without IPv6 addresses"
usual "gateway = fe80::1" "mtu = 1279"
refused "a gateway that the MTU does not allow" "mtu = 1279 is too small for IPv6"
write6 2001:db8::100/64 2001:db8::101/128 2001:db8::102/128 "gateway = 2001:db8::1"
starts "single IPv6 addresses, and a gateway in the cluster's prefix"
write6 2001:db8:0:1::100/64 2001:db8::/127 2001:db8::1/127
starts "a line of two nodes, IPv6"
write6 8000::100/1 2001:db8::101/64 2001:db8::102/64 "gateway = fd00::1"
starts "half of all IPv6 addresses"
write6 ::12.12.4.100/96 fec0::1/64 fec0::2/64
starts "IPv6 addresses that are no longer in use"
write6 2001:db8::1:0/64 2001:db8::1:1/112 2001:db8::1:2/112
starts "a cluster address that is the anycast address of the nodes' network"
write6 2001:db8::100/64 "2001:db8::101/64, 2001:db8::4bf:ff:fe00:65/64" 2001:db8::102/64
starts "an address that is made from the node's own MAC"
write6 2001:db8::100/64 "2001:db8::101/64, 2001:db8::4bf:ff:fe00:66/64" 2001:db8::102/64
refused "an address that is made from another node's MAC" "made from the dedicated MAC of node 'beta'"
usual6 "address = fe80::100/64"
refused "a link-local address" "fe80::100/64': this is a link-local address"

# The cluster address has no route of its own, because the nodes' networks hold it.
write eth0 12.12.4.100/16 12.12.4.101/24 12.12.4.102/24 "gateway = 12.12.9.1"
refused "a gateway that the cluster's prefix alone holds, without a route" "gateway = 12.12.9.1 is in no prefix"
write eth0 12.12.4.100/24 12.12.4.101/24 12.12.4.102/24 "gateway = 12.12.4.255"
refused "a broadcast address as gateway" "gateway = 12.12.4.255 is the broadcast address"

usual "source_mac = masked" "neigh = seed"
sed -i -e '/^\[node/,$d' -e 's,/24,/16,' "$LAB_CONF"
{
	printf '[node alpha]\naddress = 12.12.4.101/16\nid = 190\n'
	for i in {1..189}; do printf '[node n%s]\naddress = 12.12.5.%s/16\nid = %s\n' "$i" "$i" "$i"; done
} >>"$LAB_CONF"
starts "190 nodes with masked MACs"
