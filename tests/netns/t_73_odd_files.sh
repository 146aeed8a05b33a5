#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What -t accepts does not fail at the start for a reason that is in the file (SPEC 6): odd
# configurations either start or are refused by -t.

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
