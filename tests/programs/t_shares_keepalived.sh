#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# examples/keepalived-notify, run by keepalived with the configuration that the head of the example
# shows: a failover and a failback keep the TCP connections of nodes that live; after a lost cable the
# other node answers.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"

command -v keepalived >/dev/null || skip "needs keepalived"

EXAMPLE=$(cd "$LAB_TOP/../../examples" && pwd)/keepalived-notify
NOTIFY=$LAB_DIR/keepalived-notify # keepalived runs what root alone can write
install -m 755 "$EXAMPLE" "$NOTIFY"

declare -A KEEPALIVED=()

# keepalived_on NODE PRIORITY
keepalived_on() {
	local dir=$LAB_DIR/keepalived.$1
	mkdir -p "$dir"
	sed -n '/^#\tglobal_defs/,/^#$/{s/^#\t//p}' "$EXAMPLE" |
		sed "s/priority .*/priority $2/; s|/usr/local/sbin/keepalived-notify|$NOTIFY|" >"$dir/conf"
	CLUSTERARPCTL="$CLUSTERARPCTL -s $(socket_of "$1")" ip netns exec "$1" keepalived --dont-fork \
		--log-console --vrrp --use-file "$dir/conf" --pid "$dir/pid" --vrrp_pid "$dir/vrrp.pid" \
		>>"$LAB_DIR/keepalived.$1.log" 2>&1 &
	KEEPALIVED[$1]=$!
}
keepalived_stop() {
	kill "${KEEPALIVED[$1]}"
	wait "${KEEPALIVED[$1]}" || true
	unset "KEEPALIVED[$1]"
}

owns_all() { [ "$(share_node "$1" "$1" .owned)" = 4096 ]; }
owns_none() { [ "$(share_node "$1" "$1" .owned)" = 0 ]; }
# expect_active NODE OTHER
expect_active() {
	within "$(seconds 12)" owns_all "$1" || fail "$1 does not become the master"
	within "$(seconds 3)" owns_none "$2" || fail "$2 remains the master"
	ok "$1 has all clients"
}
# expect_new NODE: new connections are served by NODE alone.
expect_new() {
	new_connections "$LAB_DIR/new" "$CLUSTER4" --rate 30 --seconds 1 --patience 3
	expect "new connections by $1, all" "$(wc -l <"$LAB_DIR/new")" "$(new_by "$LAB_DIR/new" "$1")"
}

lab_nodes 2
lab_config shares=driven
lab_start_all
serve_all
keepalived_on alpha 100
keepalived_on beta 90

say "alpha has the higher priority"
expect_active alpha beta
hold early "$CLUSTER4" 40
expect "connections of alpha" 40 "$(hold_by early alpha)"

say "failover: alpha's keepalived stops"
keepalived_stop alpha
expect_active beta alpha
expect_held "failover" early 0
expect_new beta
hold late "$CLUSTER4" 20
expect "connections of beta" 20 "$(hold_by late beta)"

say "failback"
keepalived_on alpha 100
expect_active alpha beta
expect_held "failback, connections of alpha" early 0
expect_held "failback, connections of beta" late 0
expect "where they are" "40 20" "$(hold_by early alpha) $(hold_by late beta)"
expect_new alpha
hold_stop early

say "alpha's cable is pulled"
ip -n sw link set p_alpha down
expect_active beta alpha
expect_held "connections of beta" late 0
expect_new beta
ip -n sw link set p_alpha up
expect_active alpha beta
expect_held "the cable is back, connections of beta" late 0

say "alpha's daemon is stopped, and started again"
lab_stop alpha
within "$(seconds 12)" owns_all beta || fail "beta does not become the master"
lab_start alpha
expect_active alpha beta
expect_held "connections of beta" late 0
expect_new alpha

hold_stop late
for node in "${LAB_NODES[@]}"; do keepalived_stop "$node"; done
serve_no_more
lab_stop_all
