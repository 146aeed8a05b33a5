#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shares = driven (SPEC 11): a node takes new connections within its lease only, even while its daemon
# hangs; those that it has stay. Then survivors take over, and no SYN is answered twice.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"

new_for_a_moment() {
	new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 60 --seconds 0.5 --patience "$(seconds 1)"
}
problem() { ctl "$1" -j status | jq -e --arg id "$2" '[.status.problems // .problems | .[] | select(.id == $id)] | length > 0' >/dev/null; }
lease_over() { [ "$(share "$1" .lease_ms)" = 0 ]; }

lab_nodes 3 family=46
lab_config shares=driven
lab_start_all
serve_all
order alpha beta gamma
hold four "$CLUSTER4" 120
hold six "$CLUSTER6" 60

say "the lease runs out"
LEASE=$((2 * LAB_PACE)) # seconds
TTL=$LEASE order alpha beta gamma
new_for_a_moment
expect "within the lease: new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"
for node in "${LAB_NODES[@]}"; do
	within "$(seconds 4)" lease_over "$node" || fail "$node: $(ctl "$node" -j shares)"
	expect "$node: its own state" no_lease "$(share_node "$node" "$node" .state)"
	within "$(seconds 2)" problem "$node" no_lease || fail "$node: no problem no_lease in status"
done
lost=$(counter alpha .drops.no_lease)
new_for_a_moment
expect "without a lease: new connections that a node answered" 0 "$(grep -vc TIMEOUT "$LAB_DIR/new")"
expect_num "alpha: frames dropped as no_lease" $(($(counter alpha .drops.no_lease) - lost)) ">=" 3
datagrams udp "$LAB_DIR/udp" "$CLUSTER4" --count 30 --wait 0.5
expect "without a lease: datagrams without an answer" 30 "$(jq .none "$LAB_DIR/udp")"
expect "without a lease: answered pings" "" \
	"$(on out ping -n -c 2 -i 0.2 -W 1 "$LAB_CLUSTER_IP" | grep 'icmp_seq=.*ms$' || true)"
expect_held "without a lease, IPv4" four 0
expect_also_held "without a lease, IPv6" six 0

say "the lease is renewed"
for node in "${LAB_NODES[@]}"; do order_tell "$node" alpha beta gamma; done
new_for_a_moment
expect "new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"
for node in "${LAB_NODES[@]}"; do
	! problem "$node" no_lease || fail "$node: the problem no_lease is still there"
done
expect_held "renewed, IPv4" four 0

say "alpha's daemon hangs while its lease runs out"
for node in beta gamma; do order_tell "$node" alpha beta gamma; done
ordered=$(now_ms)
TTL=$LEASE order_tell alpha alpha beta gamma
kill -STOP "${LAB_PID[alpha]}"
lapsed() { [ "$(now_ms)" -gt $((ordered + LEASE * 1000 + 200)) ]; }
within "$(seconds 4)" lapsed || fail "the clock stands still"
forget_served
new_for_a_moment
expect "connections that alpha took" 0 "$(served tcp alpha)"
expect_num "connections that beta and gamma took" "$(served tcp)" ">=" 8
expect "connections that nobody answered, and those of beta and gamma" "$(wc -l <"$LAB_DIR/new")" \
	$(($(new_without "$LAB_DIR/new") + $(served tcp)))
if [ "$LAB_DATAPATH" = kernel ]; then
	expect_held "alpha's daemon hangs, IPv4" four 0
	expect_also_held "alpha's daemon hangs, IPv6" six 0
fi

say "beta and gamma take over"
EPOCH=$((EPOCH + 1))
for node in beta gamma; do order_tell "$node" beta gamma --dead alpha; done
ctl beta shares released --epoch "$EPOCH" gamma >/dev/null || fail "shares released"
ctl gamma shares released --epoch "$EPOCH" beta >/dev/null || fail "shares released"
capture out eth0 "$LAB_DIR/syn.pcap" "$SYN_ACKS"
forget_served
new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 150 --seconds 1
capture_stop
expect "new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"
expect "connections that alpha took" 0 "$(served tcp alpha)"
expect "SYNs that two nodes answered" "" "$(syns_answered_twice "$LAB_DIR/syn.pcap")"
kill -CONT "${LAB_PID[alpha]}"
capture out eth0 "$LAB_DIR/syn.pcap" "$SYN_ACKS"
new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 150 --seconds 1
capture_stop
expect "alpha's daemon goes on: connections that it took" 0 "$(served tcp alpha)"
expect "SYNs that two nodes answered" "" "$(syns_answered_twice "$LAB_DIR/syn.pcap")"

for name in "${!HOLDER[@]}"; do hold_stop "$name"; done
serve_no_more
lab_stop_all
