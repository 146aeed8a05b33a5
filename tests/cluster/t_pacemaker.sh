#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# pacemaker, with the commands of examples/pacemaker.md: a node takes clients only while its service runs:
# start, standby, failed service, failback; no request of ab fails when a node is taken out and back.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=pacemaker.sh
. "$(dirname "${BASH_SOURCE[0]}")/pacemaker.sh"
# shellcheck source=../programs/nginx.sh
. "$(dirname "${BASH_SOURCE[0]}")/../programs/nginx.sh"

# --- what is expected ---

wishes() { for node in "${LAB_NODES[@]}"; do share "$node" '.wish // "none"'; done | xargs; }
expect_wishes() {
	local what=$1
	within 10 has_wishes "$2" || fail "$what: wishes: $(wishes)"
	ok "$what: the nodes want $2"
}
has_wishes() { [ "$(wishes)" = "$1" ]; }
# serves NODE…: pacemaker runs both resources there, and the nodes have their shares.
serves() { runs web "$@" && runs shares "$@" && cluster_agrees "$@"; }
expect_serves() {
	local what=$1
	shift
	within "$(seconds 40)" serves "$@" || {
		crm_on alpha crm_mon -1 >&2
		fail "$what: nginx on $(runs_on web), shares on $(runs_on shares), $(shares_states alpha)"
	}
	ok "$what: $*"
}
# nobody_serves: the driver has given an order in which no node has a share.
nobody_serves() {
	local node state
	for node in "${LAB_NODES[@]}"; do
		state=$(shares_states "$node")
		[[ "$state" =~ ^[1-9][0-9]*\ 0\ lease\ $ ]] || return 1
	done
}
has_nodes() { [ "$(crm_on alpha crm_node -l 2>/dev/null | grep -c member)" = 3 ]; }
has_dc() { crm_on alpha crm_mon -1 2>/dev/null | grep -q 'Current DC: [a-z]* (version'; }

# --- clients ---

AB=
clients_begin() {
	on out nice -n 19 timeout 120 ab -r -q -t 100 -n 10000000 -c 4 -s 10 "http://$LAB_CLUSTER_IP:8080/name" \
		>"$LAB_DIR/program" 2>&1 </dev/null &
	AB=$!
}
# clients_end WHAT: no request has failed.
clients_end() {
	kill -INT "$AB" || fail "$1: ab has ended: $(cat "$LAB_DIR/program")"
	wait "$AB" || true
	expect_num "$1: requests" "$(of_ab 'Complete requests')" ">" 1000
	expect "$1: requests that failed: connect, receive, exceptions" "0 0 0" "$(ab_failed)"
}
# no_nginx NODE: it dies there.
no_nginx() { resource_kill "$1" /run/nginx/pid; }

# --- the cluster ---

lab_nodes 3
cluster_config alpha.weight=0 beta.weight=0 gamma.weight=0
ring_up
pacemaker_rooms
for node in "${LAB_NODES[@]}"; do
	nginx_conf "$node" /run/nginx >"$LAB_DIR/nginx.$node"
	room_make "$node"
	lab_start "$node"
	corosync_start "$node"
	driver_start "$node"
done
ring_whole
for node in "${LAB_NODES[@]}"; do pacemaker_start "$node"; done

say "pacemaker starts: no node takes clients before nginx runs"
within 40 has_nodes || fail "pacemaker has no three nodes"
within 60 has_dc || fail "pacemaker has no controller" # it waits for 20 s (dc-deadtime)
within 5 nobody_serves || fail "shares: $(shares_states alpha)"
ok "no node has a share"

say "start, by crm"
example crm >"$LAB_DIR/crm.sh"
crm_on alpha bash -e "$LAB_DIR/crm.sh" >"$LAB_DIR/output" 2>&1 || fail "crm: $(cat "$LAB_DIR/output")"
expect_serves "start" alpha beta gamma
expect_wishes "start" "1 1 1"

say "standby"
clients_begin
crm_on alpha crm node standby gamma >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_serves "standby" alpha beta
crm_on alpha crm node online gamma >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_serves "online" alpha beta gamma
sleep 1
clients_end "standby and back"

say "nginx dies, and starts again"
epoch=$(share alpha .epoch)
no_nginx gamma
drained_and_back() { [ "$(share alpha .epoch)" -ge $((epoch + 2)) ] && serves alpha beta gamma; }
within 40 drained_and_back || fail "gamma is not drained: $(shares_states alpha)"
ok "gamma was drained, and has its share again"

say "nginx dies, and cannot start again"
cp "$LAB_DIR/nginx.gamma" "$LAB_DIR/nginx.good"
echo "no such thing;" >"$LAB_DIR/nginx.gamma"
no_nginx gamma
expect_serves "a failed service" alpha beta
expect_wishes "a failed service" "1 1 0"
clients_begin
sleep 1
cat "$LAB_DIR/nginx.good" >"$LAB_DIR/nginx.gamma"
crm_on alpha crm resource cleanup web >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_serves "failback" alpha beta gamma
sleep 1
clients_end "failback"

say "another weight"
crm_on alpha crm resource param shares set weight 2 >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_wishes "another weight" "2 2 2"
expect "stops of the resource at alpha for that" 0 \
	"$(grep -c 'Requesting local execution of stop operation for shares' "$LAB_DIR/pacemaker.alpha.log" || true)"
expect_serves "another weight" alpha beta gamma

say "a daemon is killed, and starts again: no failure for pacemaker"
lab_kill gamma
sleep 0.2
lab_start gamma
sleep 11 # a monitor
expect_serves "a new daemon" alpha beta gamma
expect "failures of the resource" "" "$(crm_on alpha crm_failcount --query -r shares -N gamma 2>/dev/null |
	sed -n 's/.*value=//p' | grep -vx 0)"

say "the same with pcs"
crm_on alpha pcs resource delete shares >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
crm_on alpha pcs resource delete web >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
within 40 nobody_serves || fail "no resources: $(shares_states alpha)"
ok "no resources: no node has a share"
example pcs >"$LAB_DIR/pcs.sh"
crm_on alpha bash -e "$LAB_DIR/pcs.sh" >"$LAB_DIR/output" 2>&1 || fail "pcs: $(cat "$LAB_DIR/output")"
expect_serves "start" alpha beta gamma
expect_wishes "start" "1 1 1"
crm_on alpha pcs node standby gamma >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_serves "standby" alpha beta
crm_on alpha pcs node unstandby gamma >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_serves "unstandby" alpha beta gamma
crm_on alpha pcs resource update shares weight=2 >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_wishes "another weight" "2 2 2"
crm_on alpha pcs resource cleanup web >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"

say "pacemaker stops on gamma: so do its resources there"
pacemaker_stop gamma
expect_serves "pacemaker stops" alpha beta
for node in alpha beta; do pacemaker_stop "$node"; done
within 10 nobody_serves || fail "pacemaker has stopped: $(shares_states alpha)"
ok "no node has a share"
for node in "${LAB_NODES[@]}"; do
	driver_stop "$node"
	corosync_stop "$node"
done
lab_stop_all
