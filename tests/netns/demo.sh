#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The demonstration: the problem without clusterarpd, that clusterarpd solves it, shares, and a node that
# fails. Three nodes that share one MAC, and an outsider, on one switch. Exits 0 only if everything that it states
# was verified; ./quickstart demo runs it. DEMO_SHORT=1: the first two parts alone, for CI; what the others
# show has tests of its own.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"
# shellcheck source=../cluster/cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cluster/cluster.sh"

MAC=02:bf:aa:bb:cc:dd
A=12.12.4.101
B=12.12.4.102

title() { printf '\n%s\n\n' "$*"; }
tell() { printf '    %s\n' "$*"; }

# The lab's checks print something only when they fail.
quietly() { "$@" >"$LAB_DIR/quiet"; }

# A cluster made with nothing but `ip link set address` and `ip address add`.
without_daemon() {
	title "1. Three nodes share the MAC $MAC. No daemon runs. alpha pings beta:"
	local node
	for node in "${LAB_NODES[@]}"; do
		ip -n "$node" link set eth0 address $MAC
		ip -n "$node" addr add "$(addr_of "$node")/24" dev eth0
	done
	capture sw p_beta "$LAB_DIR/shared.pcap" -Q in "arp and src $B"
	! on alpha ping -n -c 2 -W 1 $B >"$LAB_DIR/ping" 2>&1 ||
		fail "alpha reaches beta without a daemon"
	capture_stop
	tell "alpha# ping -c 2 $B"
	grep 'packets transmitted' "$LAB_DIR/ping" | sed 's/^/    /'
	frames pcap2rows "$LAB_DIR/shared.pcap" | sed -n 1p | grep "$B $MAC" >"$LAB_DIR/answer" ||
		fail "beta does not answer with the shared MAC"
	tell "beta's answer: \"$B is at $MAC\", which is alpha's own MAC:"
	tell "the frame that alpha sends there never reaches beta."
	for node in "${LAB_NODES[@]}"; do
		ip -n "$node" addr flush dev eth0
		ip -n "$node" link set eth0 address "52:54:00:00:00:0$(node_index "$node")"
	done
}

print_row() { printf '    %-5s %-11s %-18s %-18s %-9s %-12s %-18s %-12s %s\n' "$@"; }

# row NUMBER WHERE PCAP LINE EXPECTED: one row of figure 6 as captured.
row() {
	local seen
	seen=$(frames pcap2rows "$LAB_DIR/$3.pcap" | sed -n "$4p")
	# shellcheck disable=SC2086 # columns
	print_row "$1" "$2" $seen
	[ "$seen" = "$5" ] || fail "row $1: expected $5"
}

figure6() {
	local ded_a=03:bf:0c:0c:04:65 ded_b=03:bf:0c:0c:04:66 all=ff:ff:ff:ff:ff:ff
	local between="arp and ((src $A and dst $B) or (src $B and dst $A))"
	title "2. The daemons run as in figure 6 of US 7,631,100. alpha pings beta again:"
	# Without questions of the daemons' own: the captures hold the figure alone.
	lab_config mac=$MAC dedicated_mac=multicast source_mac=cluster liveness=0
	lab_start_all
	for node in alpha beta; do
		capture "$node" cluster0 "$LAB_DIR/$node.tap.pcap" "$between"
	done
	capture alpha eth0 "$LAB_DIR/wire.pcap" "$between"
	on alpha ping -n -c 1 -W 2 $B >"$LAB_DIR/ping" || fail "alpha does not reach beta"
	capture_stop
	print_row step where "Eth source" "Eth destination" type "sender IP" "sender MAC" \
		"target IP" "target MAC"
	row 600 "A's TAP" alpha.tap 1 "$MAC $all request $A $MAC $B 00:00:00:00:00:00"
	row 610 wire wire 1 "$MAC $all request $A $ded_a $B 00:00:00:00:00:00"
	row 620 "B's TAP" beta.tap 2 "$MAC $ded_a response $B $MAC $A $ded_a"
	row 630 wire wire 2 "$MAC $ded_a response $B $ded_b $A $MAC"
	row 640 "A's TAP" alpha.tap 2 "$MAC $MAC response $B $ded_b $A $MAC"
	echo
	tell "alpha# ping -c 1 $B"
	grep 'packets transmitted' "$LAB_DIR/ping" | sed 's/^/    /'
	quietly lab_stop_all
}

traffic() {
	local a b
	title "3. With the defaults (individual dedicated MACs, so that the switch learns):"
	lab_config mac=$MAC datapath=
	lab_start_all
	tell "data path: $(ctl alpha -j status | jq -r .datapath) (datapath = auto)"
	tell "alpha# ip -br addr show dev cluster0"
	on alpha ip -br addr show dev cluster0 | sed 's/^/    /; s/ *$//'
	quietly ping_all_pairs
	tell "alpha# ip neigh show $B"
	on alpha ip neigh show $B dev cluster0 | sed 's/^/    /; s/ *$//'
	tell "ping between all nodes and the outsider: 12 directed pairs, 0 lost, 0 DUP!"
	lab_settle
	LAB_FAMILY=ll quietly ping_all_pairs
	tell "the same over IPv6, with link-local addresses (made from the dedicated MACs): 0 lost, 0 DUP!"
	while read -r a b; do
		quietly tcp_pair "$a" "$b" -t 1
		tell "$(printf 'iperf3 %-6s to %-6s %6.2f Gb/s' "$a" "$b" "$GBITS")"
	done < <(lab_pairs)
}

look() {
	title "4. What an administrator sees:"
	tell "alpha# clusterarpctl"
	ctl alpha status | sed 's/^/    /'
	tell "(peer_address counts frames that the outsider sent to beta and gamma at the cluster MAC:"
	tell "the switch floods such a frame to every node, and only the addressed one keeps it.)"
}

# ping_cluster: three pings of the outsider, all answered. DUPLICATES: the answers beyond the first.
ping_cluster() {
	on out ping -n -c 3 -i 0.2 -W 1 "$LAB_CLUSTER_IP" >"$LAB_DIR/ping" || fail "the cluster does not answer"
	tell "out# ping -c 3 $LAB_CLUSTER_IP"
	grep 'packets transmitted' "$LAB_DIR/ping" | sed 's/, time.*//; s/^/    /'
	grep -q ' 3 received' "$LAB_DIR/ping" || fail "pings to the cluster are lost"
	DUPLICATES=$(grep -c 'DUP!' "$LAB_DIR/ping" || true)
}
reload_all() {
	local node
	for node in "${LAB_NODES[@]}"; do quietly ctl "$node" reload || fail "$node: reload"; done
}
by_node() { hold_told demo '[.by_node | to_entries | sort_by(.key)[] | "\(.key) \(.value)"] | join(", ")'; }

sharing() {
	local gamma
	title "5. All nodes receive what clients send to $LAB_CLUSTER_IP, and by default all answer:"
	ping_cluster
	[ "$DUPLICATES" -gt 0 ] || fail "only one node answers with shares = none"
	tell "With shares = static in the file, and a reload, each client has one node:"
	lab_config mac=$MAC datapath= shares=static
	reload_all
	ping_cluster
	[ "$DUPLICATES" -eq 0 ] || fail "more than one node answers with shares = static"
	serve_all
	hold demo "$CLUSTER4" 300
	gamma=$(hold_by demo gamma)
	tell "300 TCP connections of the outsider are served by: $(by_node)"
	quietly expect_num "gamma's connections" "$gamma" ">=" 50
	tell "weight = 0 for gamma, and a reload of all nodes; then 100 more connections:"
	lab_config mac=$MAC datapath= shares=static gamma.weight=0
	reload_all
	echo "open 100" >"$LAB_DIR/demo.fifo"
	within "$(seconds 10)" hold_settled demo || fail "new connections: $(hold_told demo .)"
	quietly expect_held "gamma is drained" demo 0
	quietly expect "gamma keeps what it has, and gets nothing new" "$gamma" "$(hold_by demo gamma)"
	tell "all 400 are served by: $(by_node); cut: $(hold_told demo .cut)"
	tell "gamma# clusterarpctl shares"
	ctl gamma shares | sed '/^$/,$d; s/^/    /'
	hold_stop demo
	serve_no_more
	quietly lab_stop_all
}

# failing VICTIM SECONDS COMMAND…: the command makes the victim fail, while the outsider holds connections
# and opens 400 new ones a second. Prints what that costs.
failing() {
	local victim=$1 seconds=$2 began opening had lost
	shift 2
	hold demo "$CLUSTER4" 300 --patience 10
	had=$(hold_by demo "$victim")
	new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 400 --seconds $((seconds + 1)) --patience 1 &
	opening=$!
	sleep 1
	began=$(now_ms)
	"$@"
	wait "$opening" || fail "new connections"
	lost=$(awk -v t="$began" '$4 ~ /^[A-Z]/ && $1 > t { last = $1 } END { printf "%.0f", last ? last - t : 0 }' "$LAB_DIR/new")
	tell "every new connection is answered again after $lost ms"
	quietly expect_num "answered again" "$lost" "<" $((seconds * 1000 - 500))
	quietly expect_num "connections cut" "$(hold_told demo .cut)" "<=" "$had"
	tell "of 300 connections, $((300 - had)) of them to other nodes, $(hold_told demo .cut) were cut"
	hold_stop demo
}

failover() {
	local node
	title "6. With shares = driven, corosync decides who is alive (three nodes, token 1000 ms):"
	cluster_config mac=$MAC datapath=
	ring_up
	for node in "${LAB_NODES[@]}"; do room_make "$node"; done
	for node in "${LAB_NODES[@]}"; do node_up "$node"; done
	cluster_settled "${LAB_NODES[@]}"
	tell "alpha# clusterarpctl shares"
	ctl alpha shares | sed '/^$/,$d; s/^/    /'
	tell "gamma's cable is pulled, under load:"
	failing gamma 3 cable_out gamma
	cable_in gamma
	cluster_settled "${LAB_NODES[@]}"
	tell "It is plugged in again. Now gamma crashes:"
	failing gamma 5 node_crash gamma
	cluster_settled alpha beta
	tell "alpha# clusterarpctl shares"
	ctl alpha shares | sed '/^$/,$d; s/^/    /'
	for node in alpha beta; do node_down "$node"; done
	title "Everything was verified. The daemons are stopped, the network namespaces removed."
}

# Figure 6 has the cluster MAC as Ethernet source: a learning switch would move it to the port of
# the last sender (SPEC 3). So the switch does not learn in that part.
switch_learns() { ip -n sw link set br0 type bridge ageing_time "$1"; }

lab_nodes 3
without_daemon
switch_learns 0
figure6
[ -z "${DEMO_SHORT:-}" ] || exit 0
switch_learns 30000
traffic
look
sharing
failover
