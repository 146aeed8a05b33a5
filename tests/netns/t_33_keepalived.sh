#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# keepalived on the TAP: it finds the dedicated address, one node is the master, and virtual addresses
# of its own, IPv4 and IPv6, move when the master is killed, reached by peers and outsiders without flooding.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

VIP=12.12.4.150
VIP6=2001:db8:4::150
ADVERT=$((20 * LAB_PACE)) # hundredths of a second

lab_nodes 3 family=46
lab_config
lab_start_all
lab_announced

# instance ID PRIORITY ADDRESS UNICAST-PEER
instance() {
	cat <<-CONF
		vrrp_instance vip$1 {
			state BACKUP
			interface cluster0
			virtual_router_id $1
			priority $2
			advert_int $((ADVERT / 100)).$(printf %02d $((ADVERT % 100)))
			version 3
			${4:+unicast_peer {
				$4
			\}}
			virtual_ipaddress {
				$3 dev cluster0
			}
		}
	CONF
}

# keepalived_on NODE PRIORITY [PEER]: with multicast advertisements where there is no PEER.
keepalived_on() {
	local dir=$LAB_DIR/keepalived.$1
	mkdir -p "$dir"
	{
		instance 51 "$2" $VIP/24 "${3:+$(addr_of "$3")}"
		instance 52 "$2" $VIP6/64 "${3:+$(link_local_of "$3")}"
	} | sed 's/\\}/}/' >"$dir/conf"
	on "$1" keepalived --dont-fork --log-console --vrrp --use-file "$dir/conf" --pid "$dir/pid" \
		--vrrp_pid "$dir/vrrp.pid" >"$dir/log" 2>&1 &
}

# lose NODE: removes the addresses that keepalived -9 leaves.
lose() {
	ip -n "$1" addr del $VIP/24 dev cluster0 2>/dev/null || true
	ip -n "$1" addr del $VIP6/64 dev cluster0 2>/dev/null || true
}

end_keepalived() {
	local node
	for node in alpha beta; do
		kill -9 "$(cat "$LAB_DIR/keepalived.$node/pid")" \
			"$(cat "$LAB_DIR/keepalived.$node/vrrp.pid")" 2>/dev/null || true
		lose "$node"
	done
}

has_vip() { ip -n "$1" -j addr show dev cluster0 | jq -e --arg v "$2" 'any(.[].addr_info[]; .local == $v)' >/dev/null; }
# holders: the nodes that have each of the two addresses.
holders() {
	local node vip
	for vip in $VIP $VIP6; do
		for node in alpha beta; do ! has_vip "$node" "$vip" || echo "$node"; done
	done | xargs
}
is_held_by() { [ "$(holders)" = "$1 $1" ]; }
answers() {
	on "$1" ping -n -c 3 -i 0.1 -W "$LAB_REPLY" "$2" >"$LAB_DIR/pings" &&
		grep -q ' 3 received, 0% packet loss' "$LAB_DIR/pings" && ! grep -q DUP "$LAB_DIR/pings"
}
# expect_answers WHAT HOLDER HOST…: each host reaches both addresses; gamma knows them by the
# holder's dedicated MAC.
expect_answers() {
	local what=$1 holder=$2 host vip
	shift 2
	for vip in $VIP $VIP6; do
		for host in "$@"; do
			within "$(seconds 5)" answers "$host" "$vip" || fail "$what: $host does not reach $vip: $(cat "$LAB_DIR/pings")"
		done
		expect "$what: gamma's entry for $vip" "$(dedicated_mac "$holder")" "$(table gamma "$vip")"
	done
}

# one_and_then_the_other WHAT
one_and_then_the_other() {
	within "$(seconds 10)" is_held_by alpha || fail "$1: held by $(holders); $(tail -n 5 "$LAB_DIR"/keepalived.*/log)"
	sleep 1
	expect "$1: who holds the virtual addresses" "alpha alpha" "$(holders)"
	# The source of its advertisements is the node's own address.
	capture out eth0 "$LAB_DIR/vrrp.pcap" "ip proto 112 or ip6 proto 112"
	sleep "$LAB_PACE"
	capture_stop
	expect_answers "$1" alpha beta gamma out
	kill -9 "$(cat "$LAB_DIR/keepalived.alpha/vrrp.pid")" "$(cat "$LAB_DIR/keepalived.alpha/pid")"
	lose alpha # the node itself would be gone
	within "$(seconds 10)" is_held_by beta || fail "$1: after kill -9 held by $(holders)"
	expect_answers "$1, moved by kill -9" beta alpha gamma out
}

keepalived_on alpha 150 ""
keepalived_on beta 100 ""
one_and_then_the_other "multicast"
expect "multicast: sources of advertisements" "12.12.4.101 $(link_local_of alpha)" \
	"$({ frames pcap2ip "$LAB_DIR/vrrp.pcap"; frames pcap2ip6 "$LAB_DIR/vrrp.pcap"; } |
		awk '{ print $3 }' | sort -u | xargs)"
end_keepalived

keepalived_on alpha 150 beta
keepalived_on beta 100 alpha
one_and_then_the_other "unicast"
end_keepalived
lab_stop_all
