#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The TAP as an interface (SPEC 6): addresses with their scopes, a cluster address in a separate
# network, the gateway; and, with adopt = no, the warning about addresses on
# the NIC (SPEC 5).

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config address="12.12.4.100/24, 192.0.2.10/25" gateway=12.12.4.200 mtu=1400 \
	adopt=no
on alpha ip addr add 12.99.0.1/24 dev eth0
lab_start_all

on_tap() { on alpha ip -j addr show dev cluster0 | jq -r "$1"; }
addresses() { on_tap '.[].addr_info[] | select(.family == "inet") | "\(.local)/\(.prefixlen) \(.scope) \(.broadcast // "-")"'; }
# In this order: programs that take an interface's first address take the dedicated one.
expect "addresses, scopes, broadcast" "12.12.4.101/24 global 12.12.4.255
12.12.4.100/32 global -
192.0.2.10/32 global -" "$(addresses)"
expect "MAC and MTU" "$LAB_CLUSTER_MAC 1400" "$(on_tap '"\(.[].address) \(.[].mtu)"')"
expect "IPv6 addresses (from the dedicated MAC)" fe80::4bf:cff:fe0c:465/64 \
	"$(on_tap '.[].addr_info[] | select(.family == "inet6") | "\(.local)/\(.prefixlen)"')"

route() { on alpha ip -j route show "$1" | jq -r '.[] | "\(.gateway // "-") \(.dev) \(.prefsrc // "-")"'; }
expect "default route" "12.12.4.200 cluster0 -" "$(route default)"
expect "route of the cluster address outside every dedicated prefix" \
	"- cluster0 192.0.2.10" "$(route 192.0.2.0/25)"
expect "source address of connections that alpha starts" 12.12.4.101 \
	"$(on alpha ip -j route get 198.51.100.1 | jq -r '.[].prefsrc')"

# An outsider in that network, and a client behind the gateway.
ip -n out addr add 192.0.2.77/25 dev eth0
on out ping -n -c 2 -i 0.1 -W "$LAB_REPLY" -I 192.0.2.77 192.0.2.10 >"$LAB_DIR/output" ||
	fail "the cluster address does not answer: $(cat "$LAB_DIR/output")"
ok "the cluster address of another network answers"
ip -n out addr add 198.51.100.1/32 dev lo
on alpha ping -n -c 2 -i 0.1 -W "$LAB_REPLY" 198.51.100.1 >"$LAB_DIR/output" ||
	fail "no traffic through the gateway: $(cat "$LAB_DIR/output")"
ok "the gateway is used"

problems() { ctl alpha -j status | jq -r '[.problems[].id] | join(" ")'; }
problems_are() { [ "$(problems)" = "$1" ]; }
# On a busy machine a peer may have been silent for a moment; that is over soon.
expect_problems() {
	within "$(seconds 5)" problems_are "$2" || fail "problems, $1: expected '$2', saw '$(problems)'"
	ok "problems, $1: $2"
}
expect_problems "with an address on the NIC" nic_address
on alpha ip addr del 12.99.0.1/24 dev eth0
expect_problems "without that address" ""

warned() { grep -q "eth0 has the address $1" "$LAB_DIR/alpha.log"; }
warned 12.99.0.1/24 || fail "no warning about the address that was on the NIC"
on alpha ip addr add 12.99.1.1/24 dev eth0
within "$(seconds 2)" warned 12.99.1.1/24 || fail "no warning about an address that appears on the NIC"
ok "addresses on the NIC cause a warning"
problem() { ctl alpha -j status | jq -r '.problems[] | "\(.severity): \(.text)"'; }
expect "the problem says what to do" 'critical: eth0 ip addr del 12.99.1.1/24 dev eth0' \
	"$(problem | sed 's/ has the address 12.99.1.1\/24,.*: ip/ ip/')"
on alpha ip addr del 12.99.1.1/24 dev eth0
expect_problems "without these addresses" ""
# An IPv6 address.
on alpha ip addr add 2001:db8::1/64 dev eth0 nodad
within "$(seconds 2)" warned 2001:db8::1/64 || fail "no warning about an IPv6 address that appears on the NIC"
expect "the warning about an IPv6 address" "clusterarpd: eth0 has the address 2001:db8::1/64, which does not work while clusterarpd runs, and cuts this host off where its route comes before that of cluster0: ip addr del 2001:db8::1/64 dev eth0 (and keep DHCP clients and network managers off eth0)" \
	"$(grep -F 2001:db8::1 "$LAB_DIR/alpha.log")"
on alpha ip addr del 2001:db8::1/64 dev eth0
! grep -q fe80 "$LAB_DIR/alpha.log" || fail "a warning about a link-local address"
lab_stop_all

# The node's own address on the NIC, from before the start: the host is cut off, the daemon says what
# to do, and it helps.
lab_config adopt=no liveness=0
on alpha ip addr add 12.12.4.101/24 dev eth0
: >"$LAB_DIR/alpha.log"
lab_start alpha
! reach alpha out || fail "the address on the NIC does no harm"
expect_problems "the host is cut off" nic_address
advice=$(sed -n 's/.*eth0 has the address .*: \(ip addr del [^ ]* dev eth0\) .*/\1/p' "$LAB_DIR/alpha.log" | head -n 1)
expect "what the warning says" "ip addr del 12.12.4.101/24 dev eth0" "$advice"
# shellcheck disable=SC2086
on alpha $advice
expect_reach alpha out
expect_problems "after that" ""
lab_stop alpha
