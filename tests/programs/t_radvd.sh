#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# radvd as router, and a file without any IPv6 address: each node makes an address and a default
# route of its own, and all of them reach each other, and a host behind the router.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=dual.sh
. "$(dirname "${BASH_SOURCE[0]}")/dual.sh"

lab_nodes 3
lab_config
ip -n out addr add 2001:db8:6::1/64 dev eth0 nodad
ip -n out link add behind type veth peer name beyond
ip -n out addr add 2001:db8:7::1/64 dev behind nodad
ip -n out link set behind up
ip -n out link set beyond up
on out sysctl -qw net.ipv6.conf.all.forwarding=1
cat >"$LAB_DIR/radvd.conf" <<'CONF'
interface eth0 {
	AdvSendAdvert on;
	MinRtrAdvInterval 3;
	MaxRtrAdvInterval 4;
	prefix 2001:db8:6::/64 {
	};
};
CONF
ip netns exec out radvd -n -m stderr -C "$LAB_DIR/radvd.conf" -p /run/radvd.pid >"$LAB_DIR/radvd.log" 2>&1 &
radvd=$!
lab_start_all

# The address that SLAAC has made, when duplicate address detection is over.
slaac_of() {
	ip -n "$1" -j -6 addr show dev cluster0 |
		jq -r '.[].addr_info[]? | select(.dynamic and (.tentative | not)) | .local'
}
has_slaac() { [ -n "$(slaac_of "$1")" ]; }
for node in "${LAB_NODES[@]}"; do
	within "$(seconds 10)" has_slaac "$node" ||
		fail "$node: no address by SLAAC: $(ip -n "$node" -6 addr show dev cluster0)"
	ll=$(link_local_of "$node")
	expect "$node's address" "2001:db8:6:0:${ll#fe80::}" "$(slaac_of "$node")"
	expect "$node: addresses that failed" 0 "$(ip -n "$node" -6 addr show dadfailed | grep -c inet6 || true)"
done
for a in "${LAB_NODES[@]}"; do
	for b in "${LAB_NODES[@]}"; do
		[ "$a" = "$b" ] || LAB_ADDR[$b]=$(slaac_of "$b") ping_clean "$a" "$b" ||
			fail "$a does not reach $b"
	done
	on "$a" ping -n -c 3 -i 0.2 -W 1 2001:db8:7::1 >"$LAB_DIR/ping" || fail "$a: $(cat "$LAB_DIR/ping")"
	expect "$a reaches the host behind the router" 1 "$(grep -c ' 3 received, 0% packet loss' "$LAB_DIR/ping")"
done
kill "$radvd"
wait "$radvd" 2>/dev/null || true
lab_stop_all
