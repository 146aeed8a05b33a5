# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# pairs.sh: the checks that every variant of the configuration must pass: all pairs of three
# forwarding nodes and an outsider reach each other by ping, TCP and UDP, over IPv4, IPv6 and (ping)
# link-local addresses, and the wire carries only the right sources, no redirects and no duplicated
# requests. Sourced by t_30_*, after lab.sh.

# pairs_prepare SETTINGS…: sets up lab and daemons.
pairs_prepare() {
	lab_nodes 3 forward=1 family=46
	lab_config "$@"
	lab_start_all
}

# pairs_pings SOURCE-FUNCTION: pings all pairs, and checks the sources on the wire.
pairs_pings() {
	local host files=()
	for host in "${LAB_NODES[@]}" out; do
		capture sw "p_$host" "$LAB_DIR/$host.pcap" -Q in
		files+=("$LAB_DIR/$host.pcap")
	done
	ping_all_pairs
	LAB_FAMILY=6 ping_all_pairs
	LAB_FAMILY=ll ping_all_pairs
	capture_stop
	for host in "${LAB_NODES[@]}"; do
		expect_sources "sources of $host" "$LAB_DIR/$host.pcap" "$("$1" "$host")"
	done
	expect "duplicated requests on the wire" "" "$(frames doubled "${files[@]}")"
	for host in "${LAB_NODES[@]}"; do
		expect "echoes of its own frames at $host" 0 "$(counter "$host" .drops.echo)"
	done
}

# pairs_watch SOURCE-FUNCTION: captures frames that must not occur, until pairs_watched.
pairs_watch() {
	local node
	for node in "${LAB_NODES[@]}"; do
		capture sw "p_$node" "$LAB_DIR/$node.bad.pcap" -Q in \
			"not ether src $("$1" "$node") or icmp[icmptype] = icmp-redirect or \
			(icmp6 and ip6[40] = 137)"
	done
}

pairs_watched() {
	local node
	capture_stop
	for node in "${LAB_NODES[@]}"; do
		expect "other sources and redirects of $node" 0 "$(frames longest "$LAB_DIR/$node.bad.pcap")"
	done
}

# pairs_run SOURCE-FUNCTION SETTINGS…: all of the above.
pairs_run() {
	local source=$1
	shift
	pairs_prepare "$@"
	pairs_pings "$source"
	pairs_watch "$source"
	{
		transfers_of_all_pairs
		LAB_FAMILY=6 transfers_of_all_pairs
	} | expect_transfers "all pairs"
	pairs_watched
}

# pairs_requests DESTINATION DESTINATION: the ARP requests of alpha for beta and gamma, as rows, until there
# is one to each of these: alpha may have learnt an entry again before it asks, and sends no more than
# unicast probes then, as liveness does.
pairs_requests() {
	capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in 'arp[7] = 1'
	within "$(seconds 10)" pairs_asked "$@" || true
	capture_stop
	pairs_rows
}
pairs_rows() {
	frames pcap2rows "$LAB_DIR/arp.pcap" 2>/dev/null | awk '$4 == "12.12.4.101" && $6 != $4 && $6 != "12.12.4.200"'
}
pairs_asked() {
	local node destination
	for node in beta gamma; do
		destination=$1
		shift
		# shellcheck disable=SC2016
		on alpha sh -c 'ip neigh flush to "$0" dev cluster0 && ping -n -c 1 -W "$1" "$0" >/dev/null' \
			"$(addr_of "$node")" "$LAB_REPLY" || return 1
		pairs_rows | grep -q "^[^ ]* $destination request .* $(addr_of "$node")\( \|$\)" || return 1
	done
}

# to_dedicated NODE: does the outsider reach a node at its dedicated MAC?
to_dedicated() {
	on out ip neigh replace "$(addr_of "$1")" lladdr "$(dedicated_mac "$1")" dev eth0 nud permanent
	local rc=0
	on out ping -n -c 2 -i 0.1 -W "$LAB_REPLY" "$(addr_of "$1")" >"$LAB_DIR/output" 2>&1 || rc=$?
	on out ip neigh del "$(addr_of "$1")" dev eth0
	return "$rc"
}
