#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Neighbour Discovery (E5, I9) with three forwarding nodes and an outsider, IPv6 alone: all reach each
# other by global and link-local addresses; whatever is sent, peers know each other by dedicated
# MACs; the wire has the wire sources alone; spoofed messages, duplicate address detection and
# conflicts.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

LIAR=02:66:66:66:66:66
OUTSIDER=2001:db8:4::200

lab_nodes 3 forward=1 family=6
lab_config
# Until the shield is set, which is before the daemon answers, the NIC's own stack may speak.
for node in "${LAB_NODES[@]}"; do
	lab_start "$node"
	capture sw "p_$node" "$LAB_DIR/$node.pcap" -Q in
done
lab_settle # none of the addresses is a duplicate
ok "duplicate address detection at the start"
lab_announced

# --- all reach each other ---

LAB_FAMILY=6 ping_all_pairs
LAB_FAMILY=ll ping_all_pairs
capture_stop
for node in "${LAB_NODES[@]}"; do
	expect_sources "sources of $node, from its start" "$LAB_DIR/$node.pcap" "$(dedicated_mac "$node")"
	rows=$(frames pcap2rows6 "$LAB_DIR/$node.pcap")
	expect "messages of $node with a wrong checksum" 0 "$(awk '$10 != "ok"' <<<"$rows" | wc -l)"
	expect "redirects of $node" 0 "$(awk '$3 == "redirect"' <<<"$rows" | wc -l)"
	expect "messages of $node with its NIC's MAC" 0 "$(grep -c "$(nic_mac "$node")" <<<"$rows" || true)"
	expect_num "messages rewritten by $node" "$(counter "$node" .nd_rewritten)" ">" 0
	expect "echoes of its own frames at $node" 0 "$(counter "$node" .drops.echo)"
	expect "spoofed messages and conflicts at $node" "0 0" \
		"$(counter "$node" .drops.spoofed) $(counter "$node" .drops.conflict)"
done
{
	LAB_FAMILY=6 transfers_of_all_pairs
	LAB_FAMILY=ll transfers_of_all_pairs
} | expect_transfers "all pairs"

# --- what peers know ---

# expect_tables AFTER: every node's entries for every other node are its dedicated MAC; the
# outsider's is the cluster MAC.
expect_tables() {
	local a b address
	sleep 0.3
	for a in "${LAB_NODES[@]}"; do
		for b in "${LAB_NODES[@]}"; do
			[ "$a" != "$b" ] || continue
			for address in "$(addr6_of "$b")" "$(link_local_of "$b")"; do
				[ "$(table "$a" "$address")" = "$(dedicated_mac "$b")" ] ||
					fail "after $1: $a's entry for $address: expected $(dedicated_mac "$b"), saw $(table "$a" "$address")"
			done
		done
		address=$(addr6_of "$a")
		[ "$(table out "$address" eth0)" = "$LAB_CLUSTER_MAC" ] ||
			fail "after $1: the outsider's entry for $address: $(table out "$address" eth0)"
	done
	ok "after $1: nodes know each other by dedicated MACs, the outsider by the cluster MAC"
}
expect_tables "pings"

forget alpha $OUTSIDER
capture sw p_alpha "$LAB_DIR/nd.pcap" -Q in icmp6
on alpha ping -n -c 1 -W "$(seconds 1)" $OUTSIDER >/dev/null || fail "alpha does not reach the outsider"
on alpha ping -n -c 1 -W 1 2001:db8:4::250 >/dev/null 2>&1 || true
capture_stop
expect "option of alpha's solicitations for outsiders (E3)" "1/$LAB_CLUSTER_MAC" \
	"$(frames pcap2rows6 "$LAB_DIR/nd.pcap" | awk '$3 == "ns" && $6 ~ /::2[05]0$/ { print $7 }' | sort -u)"
expect_tables "alpha's solicitations for outsiders"

# Unasked advertisements of a node's stack override what others know (RFC 4861 7.2.5).
capture beta cluster0 "$LAB_DIR/nd.pcap" icmp6
for address in "$(addr6_of alpha)" "$(link_local_of alpha)" "$LAB_CLUSTER_IP6"; do
	frames nd alpha:cluster0 na --eth-src "$LAB_CLUSTER_MAC" --src "$address" --target "$address" \
		--tlla "$LAB_CLUSTER_MAC" --flags O --count 2
	expect_tables "an advertisement of $address"
done
capture_stop
expect "what beta's stack saw of them (I6)" "$(addr6_of alpha) 2/$(dedicated_mac alpha)
$(link_local_of alpha) 2/$(dedicated_mac alpha)" \
	"$(frames pcap2rows6 "$LAB_DIR/nd.pcap" | awk '$3 == "na" && $2 == "33:33:00:00:00:01" { print $6, $7 }' | sort -u)"
expect "conflicts among nodes" 0 "$(counter beta .drops.conflict)"

# From the cluster address: the solicitation on the wire has the dedicated address as source. None is
# sent if beta, which has something to say at that moment, gives alpha the entry first: then again.
for _ in {1..5}; do
	capture sw p_alpha "$LAB_DIR/nd.pcap" -Q in icmp6
	forget alpha "$(addr6_of beta)"
	on alpha ping -n -c 2 -i 0.2 -W "$(seconds 1)" -I "$LAB_CLUSTER_IP6" "$(addr6_of beta)" >/dev/null 2>&1 || true
	capture_stop
	asked=$(frames pcap2rows6 "$LAB_DIR/nd.pcap" |
		awk -v b="$(addr6_of beta)" '$3 == "ns" && $2 ~ /^33:33:/ && $6 == b { print $4, $7, $10 }' | sort -u)
	[ -z "$asked" ] || break
done
expect "solicitations for beta, source, option, checksum (E2b)" \
	"$(addr6_of alpha) 1/$(dedicated_mac alpha) ok" "$asked"
LAB_FAMILY=6 ping_clean alpha beta || fail "alpha to beta"
expect_tables "a ping from the cluster address"

# --- spoofed messages ---

spoofed() { echo "$(counter "$1" .drops.spoofed) $(peer "$1" alpha .counters.spoofed)"; }
counted() { [ "$(spoofed "$1")" = "$2" ]; }
expect_spoofs() {
	within "$(seconds 5)" counted "$2" "$3" || fail "$1: expected spoofed '$3' on $2, saw '$(spoofed "$2")'"
	ok "$1: counted as spoofed on $2: $3"
}
A=$(addr6_of alpha)
spoof() { frames nd out:eth0 "$@" --eth-src $LIAR; }
spoof na --src "$A" --target "$A" --tlla $LIAR
spoof na --src "$A" --target "$A"
spoof na --src $OUTSIDER --target "$A" --tlla $LIAR --dst "$(addr6_of beta)" --eth-dst "$(dedicated_mac beta)"
spoof ns --src "$A" --target "$(addr6_of beta)" --slla $LIAR
spoof ns --src "$A" --target "$(addr6_of beta)"
spoof rs --src "$(link_local_of alpha)" --slla $LIAR
spoof ra --src "$(link_local_of alpha)" --slla $LIAR
spoof na --src "$A" --target "$A" --tlla "$LAB_CLUSTER_MAC" --tlla $LIAR
expect_spoofs "eight spoofed messages" beta "8 8"
expect_tables "spoofed messages"
grep -qi "$LIAR" "$LAB_DIR/beta.log" || fail "beta's log does not name the spoofer"
ok "beta's log names the spoofer"
spoof na --src "$A" --target "$A" --tlla $LIAR --hop 254
spoof na --src "$A" --target "$A" --tlla $LIAR --damage 1 # counted, all the same
expect_spoofs "hop limit 254: not Neighbour Discovery" beta "9 9"
# Linux accepts these, too.
spoof na --src "$A" --target "$A" --tlla $LIAR --extension 60
spoof na --src "$A" --target "$A" --tlla $LIAR --extension 0
spoof na --src "$A" --target "$A" --tlla "$LAB_CLUSTER_MAC" --extension 60
expect_spoofs "behind extension headers" beta "12 12"
expect_tables "messages behind extension headers"

lines=$(wc -l <"$LAB_DIR/beta.log") start=$(now_ms)
spoof na --src "$A" --target "$A" --tlla $LIAR --vary --count 1000 --interval 0.001
expect_spoofs "a flood from many MACs" beta "1012 1012"
elapsed=$((($(now_ms) - start) / 1000 + 1))
sleep 1.2
expect_num "log lines about it in $elapsed s" $(($(wc -l <"$LAB_DIR/beta.log") - lines)) "<=" $((10 * (elapsed + 1) + 3))
expect_tables "a flood of spoofed messages"

# --- conflicts ---

conflicts() { counter "$1" .drops.conflict; }
conflicts_is() { [ "$(conflicts "$1")" -eq "$2" ]; }
# alpha's own address, above: a conflict for alpha, all but the one with hop limit 254
expect_num "conflicts on alpha" "$(conflicts alpha)" ">=" 1000
before=$(conflicts gamma)
spoof na --src "$LAB_CLUSTER_IP6" --target "$LAB_CLUSTER_IP6" --tlla $LIAR --count 3
within "$(seconds 5)" conflicts_is gamma $((before + 3)) || fail "conflicts on gamma: $before, then $(conflicts gamma)"
ok "three conflicts on gamma, by the cluster address"
lab_settle
ok "no node gives an address up"

# --- duplicate address detection ---

failed() { [ -n "$(on "$1" ip -6 addr show dev "$2" to "$3" dadfailed)" ]; }
# An outsider's fails for what the cluster has.
for address in "$LAB_CLUSTER_IP6" "$(addr6_of beta)"; do
	on out ip -6 addr add "$address/128" dev eth0
	within "$(seconds 5)" failed out eth0 "$address" || fail "the outsider may have $address"
	ok "the outsider may not have $address"
	on out ip -6 addr del "$address/128" dev eth0
done

# A node's for a cluster address is answered by nobody, with and without a nonce (RFC 7527).
before=$(counter gamma .drops.peer_address)
for node in alpha gamma; do
	capture sw "p_$node" "$LAB_DIR/$node.pcap" -Q in icmp6 and 'ip6[40] = 136'
done
for nonce in "" c0ffee123456; do
	frames nd beta:cluster0 ns --eth-src "$LAB_CLUSTER_MAC" --src :: --target "$LAB_CLUSTER_IP6" \
		--count 3 ${nonce:+--nonce $nonce}
done
quiet() { [ "$(counter gamma .drops.peer_address)" -ge $((before + 6)) ]; }
within "$(seconds 5)" quiet || fail "peer_address on gamma: $before, then $(counter gamma .drops.peer_address)"
sleep 1.2
capture_stop
for node in alpha gamma; do
	expect "$node's answers to a node's detection for the cluster address" 0 \
		"$(frames pcap2rows6 "$LAB_DIR/$node.pcap" | awk -v c="$LAB_CLUSTER_IP6" '$6 == c' | wc -l)"
done

# What an outsider has, a node may not take: the stack sees the outsider's answer (I8).
on alpha ip -6 addr add "$OUTSIDER/128" dev cluster0
within "$(seconds 5)" failed alpha cluster0 "$OUTSIDER" || fail "alpha may have the outsider's address"
ok "alpha may not have the outsider's address"
on alpha ip -6 addr del "$OUTSIDER/128" dev cluster0
# What a peer has beside the file, likewise.
on gamma ip -6 addr add 2001:db8:4::150/128 dev cluster0 nodad
on alpha ip -6 addr add 2001:db8:4::150/128 dev cluster0
within "$(seconds 5)" failed alpha cluster0 2001:db8:4::150 || fail "alpha may have gamma's address"
ok "alpha may not have an address of gamma's"
on alpha ip -6 addr del 2001:db8:4::150/128 dev cluster0
lab_settle

LAB_FAMILY=6 ping_all_pairs
LAB_FAMILY=ll ping_all_pairs
expect_tables "everything"
lab_stop_all
