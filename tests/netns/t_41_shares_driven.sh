#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: kernel
#
# shares = driven (SPEC 11): connections stay on their nodes through joins, drains, changes of weights and
# a failback; a node that dies takes only its own with it; no SYN is answered by two nodes.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"

FOUR=240 SIX=120

# expect_all_held WHAT: no connection has been cut by what has happened.
expect_all_held() {
	expect_held "$1, IPv4" four 0
	expect_also_held "$1, IPv6" six 0
}
by_nodes() { hold_told "$1" '.by_node | "\(.alpha // 0) \(.beta // 0) \(.gamma // 0)"'; }

lab_nodes 3 family=46
sources 4
lab_config shares=driven
lab_start_all
serve_all

say "no order yet: nothing is answered"
expect "state, epoch, source" "driven 0 null" "$(share alpha '"\(.mode) \(.epoch) \(.source)"')"
new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 20 --seconds 0.5 --patience 1.5
expect "connections that somebody answered" 0 "$(grep -vc TIMEOUT "$LAB_DIR/new")"
expect_num "frames dropped as no_lease" "$(counter alpha .drops.no_lease)" ">=" 5
expect "answered pings" "" "$(on out ping -n -c 2 -i 0.2 -W 1 "$LAB_CLUSTER_IP" | grep 'icmp_seq=.*ms$' || true)"

say "the first order: alpha and beta"
order alpha beta
for node in "${LAB_NODES[@]}"; do
	expect "$node: buckets of alpha, beta, gamma" "2048 2048 0" \
		"$(share "$node" '[.nodes[].owned | tostring] | join(" ")')"
	expect "$node: source, epoch" "order 1" "$(share "$node" '"\(.source) \(.epoch)"')"
done
expect_num "lease, ms" "$(share alpha .lease_ms)" ">" 40000
from "${SOURCES4[@]}"
hold four "$CLUSTER4" $FOUR "${FROM[@]}"
from "${SOURCES6[@]}"
hold six "$CLUSTER6" $SIX "${FROM[@]}"
say "connections of alpha, beta, gamma: $(by_nodes four), $(by_nodes six)"
expect "connections of gamma, which takes no part" 0 $(($(hold_by four gamma) + $(hold_by six gamma)))
expect_num "connections of beta" "$(hold_by four beta)" ">=" $((FOUR / 4))
seen=$(by_nodes four)

say "gamma joins"
moves alpha beta gamma
expect_num "new connections of gamma" "$(new_by "$LAB_DIR/after" gamma)" ">=" $(($(wc -l <"$LAB_DIR/after") / 6))
expect_all_held "gamma joins"
expect "connections are where they were" "$seen" "$(by_nodes four)"

say "beta is drained"
moves alpha beta=0 gamma
expect "new connections of beta" 0 "$(new_by "$LAB_DIR/after" beta)"
expect_all_held "beta is drained"
expect "connections are where they were" "$seen" "$(by_nodes four)"
expect "beta's state" draining "$(share_node beta beta .state)"
expect "beta's connections" $(($(hold_by four beta) + $(hold_by six beta))) "$(share_node beta beta .connections)"

say "weights"
moves alpha=4 beta=1 gamma=3
expect "buckets" "2048 512 1536" "$(share alpha '[.nodes[].owned | tostring] | join(" ")')"
expect_num "new connections of alpha" "$(new_by "$LAB_DIR/after" alpha)" ">" "$(new_by "$LAB_DIR/after" beta)"
expect_all_held "weights"

say "alpha leaves, and comes back"
moves beta gamma
expect "new connections of alpha" 0 "$(new_by "$LAB_DIR/after" alpha)"
expect_all_held "alpha left out"
moves alpha beta gamma
expect_num "new connections of alpha" "$(new_by "$LAB_DIR/after" alpha)" ">=" $(($(wc -l <"$LAB_DIR/after") / 6))
expect_all_held "failback"

say "ten orders, one after the other"
for ((i = 1; i <= 5; i++)); do
	order alpha=$i beta=0 gamma=1
	order alpha=1 beta=$i gamma=0
done
expect_all_held "ten orders"
expect "connections are where they were" "$seen" "$(by_nodes four)"

say "gamma gets connections of its own, and dies"
order alpha=0 beta=0 gamma
echo "open 100" >"$LAB_DIR/four.fifo"
within "$(seconds 10)" hold_settled four || fail "$(hold_told four .)"
lease=$((4 * LAB_PACE))
TTL=$lease order alpha beta gamma
ordered=$(now_ms)
for node in alpha beta; do order_tell "$node" alpha beta gamma; done
expect_held "before gamma dies" four 0
lost=$(hold_by four gamma)
expect_num "gamma's connections" "$lost" ">=" 100
ip -n sw link set p_gamma down
lab_kill gamma
kill "${SERVER[gamma]}"
unset "SERVER[gamma]"
lease_over() { [ "$(now_ms)" -gt $((ordered + lease * 1000 + 100)) ]; }
within "$(seconds 6)" lease_over || fail "the clock stands still" # only then may others take what gamma has had
moves alpha beta --dead gamma
lost_all() { [ "$(hold_told four .cut)" -ge "$lost" ]; }
within "$(seconds 15)" lost_all || fail "gamma's connections are not cut: $(hold_told four .)"
expect_held "gamma is dead, IPv4" four "$lost"
expect_also_held "gamma is dead, IPv6" six 0
expect "connections that were cut, by node" "{\"gamma\":$lost}" "$(hold_told four '.cut_by_node | tojson')"
# Its heirs reset them, but for those in buckets that the other heir has had in the last hour.
reset=$(hold_told four '.why.ECONNRESET // 0')
expect_num "reset by gamma's heirs" "$reset" ">=" 10
expect "reset, or without an answer" "$lost" $((reset + $(hold_told four '.why.timeout // 0')))

say "gamma comes back"
ip -n sw link set p_gamma up
lab_start gamma
lab_settle
serve gamma
moves alpha beta gamma
expect_num "new connections of gamma" "$(new_by "$LAB_DIR/after" gamma)" ">=" $(($(wc -l <"$LAB_DIR/after") / 6))
expect_held "gamma is back, IPv4" four "$lost"
expect_also_held "gamma is back, IPv6" six 0

for name in "${!HOLDER[@]}"; do hold_stop "$name"; done
serve_no_more
lab_stop_all
