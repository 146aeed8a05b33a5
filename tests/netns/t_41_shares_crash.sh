#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shares = driven (SPEC 11): a daemon that is killed in the middle of a move and comes back keeps table,
# lease and history, and no connection is cut. An orderly stop forgets them. Wishes outlive a crash.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"

# crash NODE: kills its daemon with SIGKILL; it starts again at once.
crash() {
	lab_kill "$1"
	lab_start "$1"
	lab_settle
}
# expect_both WHAT
expect_both() {
	expect_held "$1, IPv4" four 0
	expect_also_held "$1, IPv6" six 0
}
# what NODE: what a crash must not change.
what() { share "$1" '"\(.mode) \(.epoch) \(.source) \(.wish) \([.nodes[] | "\(.name)=\(.weight):\(.owned)"] | join(" "))"'; }

lab_nodes 3 family=46
lab_config shares=driven
lab_start_all
serve_all
TTL=$(seconds 300)
order alpha beta
hold four "$CLUSTER4" 120
hold six "$CLUSTER6" 60
seen=$(hold_told four '.by_node | tojson')

say "gamma joins; alpha, which gives buckets away, and gamma, which waits for them, are killed"
order_give alpha beta gamma
expect_num "buckets that gamma waits for" "$(share gamma .unowned)" ">=" 1000
before_alpha=$(what alpha) before_gamma=$(what gamma)
crash alpha
crash gamma
expect "alpha after a crash" "$before_alpha" "$(what alpha)"
expect "gamma after a crash" "$before_gamma" "$(what gamma)"
expect_num "gamma still waits for buckets" "$(share gamma .unowned)" ">=" 1000
expect_num "alpha's lease, ms" "$(share alpha .lease_ms)" "<" $((TTL * 1000 - 1000))
expect_num "alpha's lease, ms" "$(share alpha .lease_ms)" ">" $((TTL * 700))
expect_num "alpha still asks for connections, buckets" "$(share alpha .asking)" ">=" 1
forget_served
new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 100 --seconds 0.5 --patience 1.5
expect "gamma takes nothing before the releases" 0 "$(served tcp gamma)"
order_released
within "$(seconds 5)" shares_taken gamma || fail "gamma waits for buckets: $(ctl gamma -j shares)"
expect_both "after the move"
expect "connections are where they were" "$seen" "$(hold_told four '.by_node | tojson')"
new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 100 --seconds 0.5
expect "new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"
expect_num "new connections of gamma" "$(new_by "$LAB_DIR/new" gamma)" ">=" 5

say "beta is killed while it is drained"
order alpha beta=0 gamma
crash beta
expect_both "beta has crashed"
expect "connections are where they were" "$seen" "$(hold_told four '.by_node | tojson')"
forget_served
new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 100 --seconds 0.5
expect "new connections of beta" 0 "$(served tcp beta)"
expect "new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"

say "a lease that runs out while there is no daemon"
order alpha beta gamma
TTL=1 order_tell beta alpha beta gamma
lab_kill beta
sleep 1.2
lab_start beta
lab_settle
expect "beta's lease" 0 "$(share beta .lease_ms)"
expect "beta's own state" no_lease "$(share_node beta beta .state)"
order_tell beta alpha beta gamma
expect_both "beta has no lease for a while"

say "a wish outlives a crash"
ctl gamma shares weight 3 >/dev/null || fail "shares weight"
expect "gamma's wish" 3 "$(share gamma .wish)"
crash gamma
expect "gamma's wish after a crash" 3 "$(share gamma .wish)"
ctl gamma shares resume >/dev/null || fail "shares resume"
expect "gamma's wish after resume" null "$(share gamma .wish)"

say "an orderly stop forgets"
hold_stop four
hold_stop six
lab_stop gamma
lab_start gamma
expect "gamma's epoch after a stop" 0 "$(share gamma .epoch)"
lab_stop gamma
expect "files of the shares of a node that has stopped" "" "$(find /run/clusterarpd/gamma -name '*.shares')"
lab_start gamma

say "a state that cannot be read is refused as a whole"
lab_kill beta
for file in /run/clusterarpd/beta/*.shares; do
	[ -s "$file" ] || fail "no state of the shares in $(ls /run/clusterarpd/beta)"
	expect "who may read the state" 600 "$(stat -c %a "$file")"
	truncate -s -10 "$file"
done
lab_start beta
expect "beta's epoch" 0 "$(share beta .epoch)"
expect_num "lines in the log about it" "$(grep -c shares "$LAB_DIR/beta.log")" ">=" 1

serve_no_more
lab_stop_all
