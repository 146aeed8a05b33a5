#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: user
#
# What the shares cost the nodes that do not answer: CPU time per dropped frame from the switch's port on,
# kernel data path, against the nftables rules of load-sharing.nft, which drop in the stack: at most half. One
# node; the switch sends it everything. What the sender costs by itself is measured with frames to a port that
# is down, and subtracted.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=rates.sh
. "$(dirname "${BASH_SOURCE[0]}")/rates.sh"

ROUNDS=${SHARES_ROUNDS:-7}
RULES=$(cd "$(dirname "$0")" && pwd)/load-sharing.nft
NOWHERE=12.12.4.77
NOWHERE_MAC=02:00:00:00:00:77

# cost COUNT: CPU time per frame, ns; COUNT prints how many frames it has been.
cost() {
	local frames cpu before
	before=$("$1") cpu=$(stream_cpu)
	sleep 1.5
	frames=$(($("$1") - before)) cpu=$(($(stream_cpu) - cpu))
	[ "$frames" -gt 10000 ] || fail "$1: only $frames frames"
	calc %.1f "$cpu / $frames"
}
sent() { udp_count out 5; }
by_shares() { counter beta .drops.other_share; }
by_rules() { on beta nft -j list table ip load_sharing | jq '[.. | .counter? // empty | .packets] | add'; }

# Each measurement: prepare, let it flow, measure.
measure_nothing() {
	stream $NOWHERE
	nothing+=("$(cost sent)")
	stream_stop
}
measure_shares() {
	lab_config datapath=kernel shares=static beta.weight=0
	ctl beta reload >/dev/null || fail "reload"
	stream "$LAB_CLUSTER_IP"
	shares+=("$(cost by_shares)")
	stream_stop
}
measure_rules() {
	lab_config datapath=kernel shares=none
	ctl beta reload >/dev/null || fail "reload"
	on beta nft -D NODE=1 -f "$RULES"
	on beta nft delete element ip load_sharing mine '{ 1 }'
	stream "$LAB_CLUSTER_IP"
	rules+=("$(cost by_rules)")
	stream_stop
	on beta nft delete table ip load_sharing
}

lab_nodes 2
on out sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
lab_config datapath=kernel shares=static beta.weight=0
ip -n sw link set p_alpha down
lab_start beta
expect_reach out beta
ip -n out neigh replace "$LAB_CLUSTER_IP" lladdr "$LAB_CLUSTER_MAC" dev eth0
ip -n out neigh replace $NOWHERE lladdr $NOWHERE_MAC dev eth0
on sw bridge fdb replace "$LAB_CLUSTER_MAC" dev p_beta master static
on sw bridge fdb replace $NOWHERE_MAC dev p_alpha master static
nothing=() shares=() rules=()
for ((i = 0; i < ROUNDS; i++)); do
	measure_nothing
	measure_shares
	measure_rules
done
n=$(median "${nothing[@]}") s=$(median "${shares[@]}") r=$(median "${rules[@]}")
ratio=$(calc %.2f "($s - $n) / ($r - $n)")
printf 'figures: CPU per dropped frame, medians of %s: shares %.0f ns, nftables %.0f ns, ratio %s (limit 0.5); the sender alone %.0f ns\n' \
	"$ROUNDS" "$(calc %.1f "$s - $n")" "$(calc %.1f "$r - $n")" "$ratio" "$n"
expect_num "nftables, ns" "$(calc %.1f "$r - $n")" ">" 50
expect_num "ratio" "$ratio" "<=" 0.5
lab_stop beta
