#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All nodes are restarted in turn, as for an update: drained, stopped, started. No request of ab fails.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

# shellcheck source=../programs/nginx.sh
. "$(dirname "${BASH_SOURCE[0]}")/../programs/nginx.sh"

# restart NODE: the connections that live long do not end: the node is not waited for without end.
restart() {
	ctl "$1" shares drain --wait 3 >"$LAB_DIR/output" 2>&1 || say "$1: $(cat "$LAB_DIR/output")"
	driver_stop "$1"
	lab_stop "$1"
	lab_start "$1"
	driver_start "$1"
	ctl "$1" shares resume >"$LAB_DIR/output"
	cluster_settled "${LAB_NODES[@]}"
}
restart_all() {
	local node
	for node in "${LAB_NODES[@]}"; do restart "$node"; done
}

cluster_start 3
for node in "${LAB_NODES[@]}"; do nginx_start "$node"; done
on out nice -n 19 timeout 60 ab -r -q -t 25 -n 10000000 -c 10 -s 10 "http://$LAB_CLUSTER_IP:8080/name" \
	>"$LAB_DIR/program" 2>&1 </dev/null &
ab=$!
row "restarts, one by one" "" 20 restart_all
# ab keeps the processors busy: a share moves more slowly than elsewhere.
row_gap 250
kill -0 "$ab" || fail "ab ended before the restarts did: $(cat "$LAB_DIR/program")"
wait "$ab" || fail "ab: $(tail "$LAB_DIR/program")"
expect_num "requests" "$(of_ab 'Complete requests')" ">=" 10000
expect "requests that failed: connect, receive, exceptions" "0 0 0" "$(ab_failed)"
rows_end
