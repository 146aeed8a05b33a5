#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: plain
#
# Connections that destination NAT forwards to a container have no socket on the node. They stay when their
# bucket moves, and new ones begin in buckets that the node is asked about (SPEC 11).

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"

# container NODE: a namespace behind the node, with the server; DNAT leads there.
container() {
	local node=$1 inner=c_$1
	ip netns add "$inner"
	ip -n "$node" link add to_c type veth peer name eth0 netns "$inner"
	ip -n "$node" addr add 10.9.9.1/24 dev to_c
	ip -n "$node" link set to_c up
	ip -n "$inner" addr add 10.9.9.2/24 dev eth0
	ip -n "$inner" link set lo up
	ip -n "$inner" link set eth0 up
	ip -n "$inner" route add default via 10.9.9.1
	on "$node" sysctl -qw net.ipv4.ip_forward=1
	on "$node" nft -f - <<-NFT
		table ip nat {
			chain prerouting {
				type nat hook prerouting priority dstnat
				ip daddr $LAB_CLUSTER_IP tcp dport 7778 dnat to 10.9.9.2:$PORT
			}
		}
	NFT
	ip netns exec "$inner" /usr/bin/python3 "$LAB_TOP/connections.py" server "$node" "10.9.9.2:$PORT" \
		--log "$LAB_DIR/$node.served" >"$LAB_DIR/$node.server.log" 2>&1 </dev/null &
	SERVER[$node]=$!
	within "$(seconds 5)" listens "$inner" "$PORT" || fail "no server behind $node"
}

lab_nodes 3
lab_config shares=driven
lab_start_all
for node in "${LAB_NODES[@]}"; do container "$node"; done
order alpha beta gamma
from "${SOURCES4[@]}"
hold nat "$LAB_CLUSTER_IP:7778" 150
before=$(hold_told nat '.by_node | tojson')
ok "held: $before"

say "buckets move"
order alpha=0 beta gamma
order alpha beta=0 gamma=3
order alpha beta gamma
order alpha beta=0 gamma=0
expect_held "through four moves" nat 0
expect "connections are where they were" "$before" "$(hold_told nat '.by_node | tojson')"

say "new connections, in buckets that other nodes have had"
hold new "$LAB_CLUSTER_IP:7778" 60
expect "all at alpha" '{"alpha":60}' "$(hold_told new '.by_node | tojson')"
order alpha beta gamma
expect_held "new ones, after a move" new 0
expect_also_held "all of them" nat 0

say "a daemon that is killed while it asks"
order alpha beta=0 gamma=0
lab_kill beta
lab_start beta
lab_settle
expect_held "after a crash" nat 0

say "a lease that runs out"
order alpha beta gamma
TTL=1 order_tell alpha alpha beta gamma
lease_over() { [ "$(share alpha .lease_ms)" = 0 ]; }
within "$(seconds 4)" lease_over || fail "$(ctl alpha -j shares)"
sleep 2
expect_held "without a lease" nat 0

for name in "${!HOLDER[@]}"; do hold_stop "$name"; done
serve_no_more
lab_stop_all
