#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# keepalived on the TAP: it finds the dedicated address, one node is the master, and a virtual address
# of its own moves when the master is killed, reached by peers and outsiders without flooding.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

VIP=12.12.4.150

lab_nodes 3
lab_config
lab_start_all
lab_announced

# keepalived_on NODE PRIORITY UNICAST-PEER: with multicast advertisements where that is empty.
keepalived_on() {
	local dir=$LAB_DIR/keepalived.$1
	mkdir -p "$dir"
	cat >"$dir/conf" <<-CONF
		vrrp_instance vip {
			state BACKUP
			interface cluster0
			virtual_router_id 51
			priority $2
			advert_int 0.2
			version 3
			${3:+unicast_peer {
				$3
			\}}
			virtual_ipaddress {
				$VIP/24 dev cluster0
			}
		}
	CONF
	sed -i 's/\\}/}/' "$dir/conf"
	on "$1" keepalived --dont-fork --log-console --vrrp --use-file "$dir/conf" --pid "$dir/pid" \
		--vrrp_pid "$dir/vrrp.pid" >"$dir/log" 2>&1 &
}

end_keepalived() {
	local node
	for node in alpha beta; do
		kill -9 "$(cat "$LAB_DIR/keepalived.$node/pid")" \
			"$(cat "$LAB_DIR/keepalived.$node/vrrp.pid")" 2>/dev/null || true
		ip -n "$node" addr del $VIP/24 dev cluster0 2>/dev/null || true
	done
}

has_vip() { ip -n "$1" -j addr show dev cluster0 | jq -e --arg v $VIP 'any(.[].addr_info[]; .local == $v)' >/dev/null; }
holders() {
	local node
	for node in alpha beta; do ! has_vip "$node" || echo "$node"; done | xargs
}
is_held_by() { [ "$(holders)" = "$1" ]; }
answers() {
	on "$1" ping -n -c 3 -i 0.1 -W 1 $VIP >"$LAB_DIR/pings" &&
		grep -q ' 3 received, 0% packet loss' "$LAB_DIR/pings" && ! grep -q DUP "$LAB_DIR/pings"
}

# one_and_then_the_other WHAT
one_and_then_the_other() {
	within 10 is_held_by alpha || fail "$1: held by $(holders); $(tail -n 5 "$LAB_DIR"/keepalived.*/log)"
	sleep 1
	expect "$1: who holds the virtual address" alpha "$(holders)"
	# The source of its advertisements is the node's own address.
	capture out eth0 "$LAB_DIR/vrrp.pcap" "ip proto 112"
	sleep 1
	capture_stop
	for host in beta gamma out; do
		within 3 answers "$host" || fail "$1: $host does not reach the master"
	done
	expect "$1: gamma's entry" 06:bf:0c:0c:04:65 \
		"$(on gamma ip -j neigh show $VIP dev cluster0 | jq -r '.[].lladdr')"
	kill -9 "$(cat "$LAB_DIR/keepalived.alpha/vrrp.pid")" "$(cat "$LAB_DIR/keepalived.alpha/pid")"
	ip -n alpha addr del $VIP/24 dev cluster0 # keepalived -9 leaves it; the node itself would be gone
	within 10 is_held_by beta || fail "$1: after kill -9 held by $(holders)"
	for host in alpha gamma out; do
		within 5 answers "$host" || fail "$1: $host does not reach the new master"
	done
	expect "$1: gamma's entry after the move" 06:bf:0c:0c:04:66 \
		"$(on gamma ip -j neigh show $VIP dev cluster0 | jq -r '.[].lladdr')"
	ok "$1: moved by kill -9"
}

keepalived_on alpha 150 ""
keepalived_on beta 100 ""
one_and_then_the_other "multicast"
expect "multicast: sources of advertisements" 12.12.4.101 \
	"$(frames pcap2ip "$LAB_DIR/vrrp.pcap" | awk '{ print $3 }' | sort -u | xargs)"
end_keepalived

keepalived_on alpha 150 12.12.4.102
keepalived_on beta 100 12.12.4.101
one_and_then_the_other "unicast"
end_keepalived
lab_stop_all
