#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# corosync with two IPv6 links (knet) between the nodes' dedicated addresses: three members that see
# each other on both links, and keep each other while neighbour entries expire and are renewed.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=dual.sh
. "$(dirname "${BASH_SOURCE[0]}")/dual.sh"
# shellcheck source=../cluster/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cluster/cluster.sh"

dual_start

corosync_nodelist() {
	local node
	for node in "${LAB_NODES[@]}"; do
		cat <<-CONF
			node {
				name: $node
				nodeid: $(node_index "$node")
				ring0_addr: $(ip6_of "$node")
				ring1_addr: $(ip6_of "$node" 5)
			}
		CONF
	done
}

# shellcheck disable=SC2034 # for cluster.sh
CLUSTER_TOKEN=3000 CLUSTER_SYSTEM='totem {
	ip_version: ipv6
}'
links_up() { inside "$1" timeout 5 corosync-cfgtool -s 2>/dev/null | grep -c '[[:space:]]connected' || true; }
has_links() { [ "$(links_up "$1")" = "$2" ]; }

for node in "${LAB_NODES[@]}"; do
	room_make "$node"
	corosync_start "$node"
done
for node in "${LAB_NODES[@]}"; do
	within 30 has_members "$node" 3 || fail "$node sees $(members "$node") members"
	ok "$node sees three members"
	within 30 has_links "$node" 4 || fail "$node: $(inside "$node" timeout 5 corosync-cfgtool -s)"
	ok "$node: both links to both peers are connected"
done

for node in "${LAB_NODES[@]}"; do on "$node" ip -6 neigh flush dev cluster0; done
sleep 5
for node in "${LAB_NODES[@]}"; do
	expect "members at $node after five seconds" 3 "$(members "$node")"
	expect "memberships lost at $node" 0 "$(grep -c 'left the membership\|Failed to receive' "$LAB_DIR/corosync.$node.log" || true)"
done
for node in "${LAB_NODES[@]}"; do corosync_stop "$node"; done
lab_stop_all
