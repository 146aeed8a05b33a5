#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: plain
#
# shares = static (SPEC 11): whatever an outsider sends to a cluster address, exactly one node answers:
# connections, datagrams, fragments, pings; IPv4 and IPv6. `shares of` says which. Affinity; weights; ICMP
# errors reach the node that they are for.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"

COUNT=240
# A fair third of them is 80, with a standard deviation of 7.3 (the client's ports are random).
LEAST=40 MOST=125

reload_all() {
	local node
	lab_config "$@"
	for node in "${LAB_NODES[@]}"; do ctl "$node" reload >/dev/null || fail "$node: reload"; done
}

# expect_spread WHAT FILE: each node has answered a sane part of the COUNT in a datagrams.py report.
expect_spread() {
	local node
	for node in "${LAB_NODES[@]}"; do
		expect_num "$1: of which by $node" "$(jq -r ".by_node.$node // 0" "$2")" ">=" $LEAST
	done
}

lab_nodes 3 family=46
sources 12
lab_config shares=static
lab_start_all
serve_all
for node in "${LAB_NODES[@]}"; do
	expect "$node: mode, source, epoch" "static file 1" "$(share "$node" '"\(.mode) \(.source) \(.epoch)"')"
	expect "$node: buckets that it waits for" 0 "$(share "$node" .unowned)"
	expect "$node: buckets of all" 4096 "$(share "$node" '[.nodes[].owned] | add')"
	for other in "${LAB_NODES[@]}"; do
		owned=$(share_node "$node" "$other" .owned)
		case $owned in
		1365 | 1366) ;;
		*) fail "$node: $other has $owned buckets, not a third of 4096" ;;
		esac
	done
done
ok "each node has a third of the buckets"

say "pings"
pids=()
for address in "${SOURCES4[@]}" "${SOURCES6[@]}"; do
	target=$LAB_CLUSTER_IP
	[[ $address != *:* ]] || target=$LAB_CLUSTER_IP6
	on out ping -n -c 3 -i 0.2 -W "$LAB_REPLY" -I "$address" "$target" >"$LAB_DIR/ping.$address" 2>&1 &
	pids+=("$!")
done
for pid in "${pids[@]}"; do wait "$pid" || fail "a ping: $(cat "$LAB_DIR"/ping.*)"; done
expect "answers to 3 pings from 24 sources" 72 "$(cat "$LAB_DIR"/ping.* | grep -c 'icmp_seq=.*ms$')"
expect "duplicate answers" 0 "$(cat "$LAB_DIR"/ping.* | grep -c 'DUP!' || true)"
on out ping -n -c 3 -i 0.2 -W "$LAB_REPLY" -s 4000 "$LAB_CLUSTER_IP" >"$LAB_DIR/ping" || fail "$(cat "$LAB_DIR/ping")"
expect "duplicate answers to pings in fragments" 0 "$(grep -c 'DUP!' "$LAB_DIR/ping" || true)"

say "TCP"
declare -A dropped=()
for node in "${LAB_NODES[@]}"; do dropped[$node]=$(counter "$node" .drops.other_share); done
rsts="(src host $LAB_CLUSTER_IP and tcp[tcpflags] & tcp-rst != 0) or (src host $LAB_CLUSTER_IP6 and ip6[6] == 6 and ip6[53] & 4 != 0)"
capture out eth0 "$LAB_DIR/rst.pcap" "$rsts"
capture out eth0 "$LAB_DIR/syn.pcap" "$SYN_ACKS"
hold four "$CLUSTER4" $COUNT
hold six "$CLUSTER6" $COUNT
capture_stop
expect "SYNs that more than one node answered" "" "$(syns_answered_twice "$LAB_DIR/syn.pcap")"
expect "SYNs that were answered" $((2 * COUNT)) "$(syn_acks "$LAB_DIR/syn.pcap" | wc -l)"
expect "resets that the outsider saw" "" "$(tcpdump -nnr "$LAB_DIR/rst.pcap" 2>/dev/null)"
expect "connections that the nodes accepted" $((2 * COUNT)) "$(served tcp)"
for node in "${LAB_NODES[@]}"; do
	for kind in four six; do
		n=$(hold_by $kind "$node")
		expect_num "$kind: of which by $node" "$n" ">=" $LEAST
		expect_num "$kind: of which by $node" "$n" "<=" $MOST
	done
	# Each connection is at least a SYN, an ACK and a line, for two of the three nodes in vain.
	expect_num "$node: frames dropped as other_share" \
		$(($(counter "$node" .drops.other_share) - dropped[$node])) ">=" $((2 * COUNT))
	expect "$node: its connections, as it counts them" \
		$(($(hold_by four "$node") + $(hold_by six "$node"))) "$(share_node "$node" "$node" .connections)"
done
expect_held "TCP over IPv4" four 0
expect_also_held "TCP over IPv6" six 0

say "shares of"
# expect_owners WHAT: lines ADDRESS:PORT NODE on stdin: each node names the node that answers.
expect_owners() {
	local client served node n=0
	while read -r client served; do
		for node in "${LAB_NODES[@]}"; do
			[ "$(share_of "$node" "$client")" = "$served" ] ||
				fail "$1: $client is served by $served, $node says $(ctl "$node" -j shares of "$client")"
		done
		n=$((n + 1))
	done
	expect_num "$1: shares of names the node that answers, clients" $n ">=" 6
}
hold_sources four | head -n 8 >"$LAB_DIR/clients"
expect_owners "TCP over IPv4" <"$LAB_DIR/clients"
hold_sources six | head -n 8 >"$LAB_DIR/clients"
expect_owners "TCP over IPv6" <"$LAB_DIR/clients"
read -r client served <"$LAB_DIR/clients"
for node in "${LAB_NODES[@]}"; do
	wanted=drops
	[ "$node" != "$served" ] || wanted=takes
	expect "$node: what it does with $client" $wanted "$(ctl "$node" -j shares of "$client" | jq -r .of.this_node)"
done

say "UDP"
datagrams udp "$LAB_DIR/udp4" "$CLUSTER4" --count $COUNT
expect_once "UDP over IPv4" "$LAB_DIR/udp4" $COUNT
expect_spread "UDP over IPv4" "$LAB_DIR/udp4"
datagrams udp "$LAB_DIR/udp6" "$CLUSTER6" --count $COUNT --source 2001:db8:4::200
expect_once "UDP over IPv6" "$LAB_DIR/udp6" $COUNT
expect_spread "UDP over IPv6" "$LAB_DIR/udp6"
jq -r '.sources | to_entries[] | "\(.key) \(.value)"' "$LAB_DIR/udp6" | head -n 6 >"$LAB_DIR/clients"
expect_owners "UDP over IPv6" <"$LAB_DIR/clients"

say "UDP in fragments"
seed=0
for order in normal reversed shuffled; do
	seed=$((seed + 1)) # no id of a packet is used again so soon
	forget_served
	datagrams fragments "$LAB_DIR/fragments" "$CLUSTER4" --count 60 --size 8192 --order $order --seed "$seed" \
		--source 12.12.4.200 --lladdr "$LAB_CLUSTER_MAC"
	expect_once "IPv4, $order order" "$LAB_DIR/fragments" 60
	expect "IPv4, $order order: datagrams that the nodes received" 60 "$(served udp)"
	expect "IPv4, $order order: nodes that answered" 3 "$(jq '.by_node | length' "$LAB_DIR/fragments")"
	forget_served
	datagrams fragments "$LAB_DIR/fragments" "$CLUSTER6" --count 60 --size 8192 --order $order --seed "$seed" \
		--source 2001:db8:4::200 --lladdr "$LAB_CLUSTER_MAC"
	expect_once "IPv6, $order order" "$LAB_DIR/fragments" 60
	expect "IPv6, $order order: datagrams that the nodes received" 60 "$(served udp)"
	expect "IPv6, $order order: nodes that answered" 3 "$(jq '.by_node | length' "$LAB_DIR/fragments")"
done

say "traffic that is not for the cluster addresses"
ping_all_pairs
LAB_FAMILY=6 ping_all_pairs

say "a router in the path, with a smaller MTU on its other link"
ip netns add far
ip link add eth0 netns far type veth peer name narrow netns out
ip -n far link set lo up
ip -n far link set eth0 up
ip -n far addr add 12.12.5.2/24 dev eth0
ip -n far addr add 2001:db8:5::2/64 dev eth0 nodad
ip -n far route add default via 12.12.5.1
ip -n far route add default via 2001:db8:5::1
ip -n out link set narrow mtu 1280 up
ip -n out addr add 12.12.5.1/24 dev narrow
ip -n out addr add 2001:db8:5::1/64 dev narrow nodad
on out sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for node in "${LAB_NODES[@]}"; do
	ip -n "$node" route add 12.12.5.0/24 via 12.12.4.200
	ip -n "$node" route add 2001:db8:5::/64 via 2001:db8:4::200
done
# shellcheck disable=SC2016
much='exec 3<>"/dev/tcp/$0/7777" && echo much 20000 >&3 && head -c 20000 <&3 | wc -c'
for target in "$LAB_CLUSTER_IP" "$LAB_CLUSTER_IP6"; do
	forget_served
	for ((i = 1; i <= 24; i++)); do
		# The nodes forget what they have learnt, so that each connection needs an error of its own.
		for node in "${LAB_NODES[@]}"; do
			on "$node" ip route flush cache
			on "$node" ip -6 route flush cache
		done
		bytes=$(on far timeout "$(seconds 4)" bash -c "$much" "$target" || true)
		[ "$bytes" = 20000 ] || fail "$target: expected 20000 bytes, saw '$bytes'"
	done
	for node in "${LAB_NODES[@]}"; do
		expect_num "$target: large answers by $node" "$(served tcp "$node")" ">=" 1
	done
done
ok "large answers get through: the error about the MTU reaches the node that sent them"

say "weights"
reload_all shares=static alpha.weight=3 beta.weight=1 gamma.weight=0
for node in "${LAB_NODES[@]}"; do
	expect "$node: buckets of alpha, beta, gamma" "3072 1024 0" \
		"$(share "$node" '[.nodes[].owned | tostring] | join(" ")')"
done
forget_served
new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 200 --seconds 1.2
expect "new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"
expect "new connections that gamma (weight 0) took" 0 "$(served tcp gamma)"
expect_num "new connections that alpha (weight 3) took" "$(new_by "$LAB_DIR/new" alpha)" ">" \
	"$((15 * $(new_by "$LAB_DIR/new" beta) / 10))"
expect_held "weights changed, connections over IPv4" four 0
expect_also_held "weights changed, connections over IPv6" six 0
expect_num "gamma serves those that it has" "$(hold_by four gamma)" ">=" $LEAST

say "affinity = client"
reload_all shares=static affinity=client
# by_source FILE: lines SOURCE NODE, each once.
by_source() { jq -r '.sources | to_entries[] | "\(.key | sub(":[0-9]+$"; "")) \(.value)"' "$1" | sort -u; }
from "${SOURCES4[@]}"
datagrams udp "$LAB_DIR/udp4" "$CLUSTER4" --count 120 "${FROM[@]}"
expect_once "UDP" "$LAB_DIR/udp4" 120
expect "clients and the nodes that served them" 12 "$(by_source "$LAB_DIR/udp4" | wc -l)"
expect_num "nodes that served 12 clients" "$(jq '.by_node | length' "$LAB_DIR/udp4")" ">=" 2
hold client "$CLUSTER4" 120 "${FROM[@]}"
expect "clients and the nodes that served them: TCP as UDP" "$(by_source "$LAB_DIR/udp4")" \
	"$(hold_sources client | sed 's/:[0-9]* / /' | sort -u)"
expect "shares of an address alone" "$(by_source "$LAB_DIR/udp4" | awk '$1 == "12.12.4.205" { print $2 }')" \
	"$(share_of alpha 12.12.4.205)"

say "affinity = network"
reload_all shares=static affinity=network
datagrams udp "$LAB_DIR/udp4" "$CLUSTER4" --count 60 "${FROM[@]}"
expect_once "UDP" "$LAB_DIR/udp4" 60
expect "nodes that served the 12 clients of a /24" 1 "$(jq '.by_node | length' "$LAB_DIR/udp4")"
from "${SOURCES6[@]}"
datagrams udp "$LAB_DIR/udp6" "$CLUSTER6" --count 60 "${FROM[@]}"
expect_once "UDP over IPv6" "$LAB_DIR/udp6" 60
expect "nodes that served the 12 clients of a /64" 1 "$(jq '.by_node | length' "$LAB_DIR/udp6")"
FROM=()
for ((i = 16; i < 28; i++)); do
	ip -n out addr add "12.12.$i.1/32" dev eth0
	FROM+=(--source "12.12.$i.1")
done
for node in "${LAB_NODES[@]}"; do ip -n "$node" route add 12.12.16.0/20 via 12.12.4.200; done
datagrams udp "$LAB_DIR/udp4" "$CLUSTER4" --count 60 "${FROM[@]}"
expect_once "UDP" "$LAB_DIR/udp4" 60
expect_num "nodes that served 12 clients of as many networks" "$(jq '.by_node | length' "$LAB_DIR/udp4")" ">=" 2

say "all connections are where they were"
expect_held "at the end, IPv4" four 0
expect_also_held "at the end, IPv6" six 0
for name in "${!HOLDER[@]}"; do hold_stop "$name"; done
serve_no_more
lab_stop_all
