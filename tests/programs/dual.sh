# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# dual.sh: three nodes with IPv4 and IPv6 addresses, for tests with real programs. Sourced after
# netns/lab.sh.

# ip6_of NODE [NETWORK]: its dedicated address in 2001:db8:4::/64 or 2001:db8:NETWORK::/64.
ip6_of() { echo "2001:db8:${2:-4}::10$(node_index "$1")"; }
# link_local_of NODE: made from the dedicated MAC.
link_local_of() { printf 'fe80::4bf:cff:fe0c:4%02x\n' $((100 + $(node_index "$1"))); }

dual_addresses() {
	local index
	index=$(node_index "$1")
	echo "$1.address=12.12.4.10$index/24, $(ip6_of "$1")/64, $(ip6_of "$1" 5)/64"
}

is_settled() { ! ip -n "$1" -6 addr show dev cluster0 tentative | grep -q inet6; }

# dual_start: the nodes with their daemons, when duplicate address detection is over.
dual_start() {
	local node settings=()
	lab_nodes 3
	for node in "${LAB_NODES[@]}"; do settings+=("$(dual_addresses "$node")"); done
	lab_config "address=$LAB_CLUSTER_IP/24, 2001:db8:4::100/64" "${settings[@]}"
	lab_start_all
	for node in "${LAB_NODES[@]}"; do
		within "$(seconds 5)" is_settled "$node" || fail "$node: addresses remain tentative"
	done
}
