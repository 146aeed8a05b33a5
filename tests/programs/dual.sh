# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# dual.sh: three nodes with IPv4 and IPv6 addresses, for tests with real programs. Sourced after
# netns/lab.sh.

# ip6_of NODE [NETWORK]: its dedicated address in 2001:db8:4::/64 or 2001:db8:NETWORK::/64.
ip6_of() { addr6_of "$1" | sed "s/:4::/:${2:-4}::/"; }

# dual_start: the nodes with their daemons, when duplicate address detection is over.
dual_start() {
	local node settings=()
	lab_nodes 3 family=46
	for node in "${LAB_NODES[@]}"; do
		settings+=("$node.address=${LAB_ADDR[$node]}/24, $(ip6_of "$node")/64, $(ip6_of "$node" 5)/64")
	done
	lab_config "${settings[@]}"
	lab_start_all
}
