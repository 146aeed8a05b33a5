# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# measure.sh: what a fault costs the clients. Sourced after cluster.sh.
#
# The outsider holds connections that live long, and opens new ones at a steady rate, each with a port of
# its own. A connection whose first SYN is not answered counts as lost, also if the SYN that the kernel sends
# again after a second is answered. "Answered" is the time from the fault to the start of the last one
# that is lost.
#
# Environment: CLUSTER_TABLE: a file to which each row is added, as a line of JSON.

: "${CLUSTER_TABLE:=}"
: "${CLUSTER_RATE:=400}" # new connections a second
: "${CLUSTER_HELD:=300}"
# How late a connection may begin, beside what is measured: the time between two that belong to one
# node, and that of the commands that are the fault.
: "${CLUSTER_BLUR:=25}"
# The lease of a node, of which nobody knows that it is dead (group.h): ms.
# shellcheck disable=SC2034 # for the tests
CLUSTER_LEASE=$((CLUSTER_TOKEN * 205 / 100))
CLUSTER_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CLUSTER_RSTS="src host $LAB_CLUSTER_IP and tcp[tcpflags] & tcp-rst != 0"
ROW=
ROWS_BAD=()

figures() { /usr/bin/python3 "$CLUSTER_TOP/figures.py" "$@"; }

# row NAME "VICTIM…" SECONDS COMMAND…: the command is the fault (it may take its time); the clients go on for
# SECONDS after its begin. The figures are in $ROW. What must hold for every fault is tested here.
row() {
	local name=$1 victims=$2 seconds=$3 churn
	shift 3
	say "$name"
	hold held "$CLUSTER4" "$CLUSTER_HELD" --patience 15
	capture out eth0 "$LAB_DIR/row.pcap" -s 128 "($SYN_ACKS) or ($CLUSTER_RSTS)"
	new_connections "$LAB_DIR/row.new" "$CLUSTER4" --rate "$CLUSTER_RATE" --seconds $((seconds + 1)) \
		--patience 3 &
	churn=$!
	sleep 1
	ROW_AT=$EPOCHREALTIME
	"$@"
	wait "$churn" || fail "new connections"
	row_figures "$name" "$victims"
	row_expect lost_before == 0
	row_expect twice == 0
	row_expect cut_others == 0
	row_expect late_others == 0
	hold_stop held
}

# row_figures NAME "VICTIM…"
row_figures() {
	local node logs=() held
	held=$(hold_told held 'del(.sources) | tojson')
	capture_stop
	for node in "${LAB_NODES[@]}"; do
		[[ " $2 " = *" $node "* ]] || logs+=(--log "$LAB_DIR/corosync.$node.log")
	done
	ROW=$(figures row "$1" --at "$ROW_AT" --token "$CLUSTER_TOKEN" --new "$LAB_DIR/row.new" --held "$held" \
		--victims "$2" "${logs[@]}" \
		--rsts "$(tcpdump -nr "$LAB_DIR/row.pcap" "$CLUSTER_RSTS" 2>/dev/null | wc -l)" \
		--twice "$(syns_answered_twice "$LAB_DIR/row.pcap" | wc -l)")
	say "$ROW"
	[ -z "$CLUSTER_TABLE" ] || echo "$ROW" >>"$CLUSTER_TABLE"
}

# row_has FIELD; row_expect FIELD OP VALUE: of the last row.
row_has() { jq -r ".$1" <<<"$ROW"; }
# One that fails does not end the test: the other rows are worth knowing; rows_end does.
row_expect() {
	(expect_num "$(row_has name): $1" "$(row_has "$1")" "$2" "$3") || row_bad
}
row_bad() { ROWS_BAD+=("$(row_has name)"); }
rows_end() { [ "${#ROWS_BAD[@]}" -eq 0 ] || fail "$(printf '%s\n' "${ROWS_BAD[@]}" | uniq)"; }

# row_in_time MS: every new connection was answered again MS after corosync's new membership, at the
# latest.
row_in_time() {
	if [ "$(row_has detected_ms)" = null ]; then
		say "FAILED: $(row_has name): corosync has noticed nothing"
		row_bad
	else
		row_within $(($(row_has detected_ms) + $1))
	fi
}
# row_moves: shares move between nodes that live: nobody has a bucket between its release and its taking,
# which is two messages to all.
row_moves() { row_gap 75; }
# row_within MS: after the fault. row_gap MS: the longest time in which connections were lost.
row_within() {
	[ "$(row_has is_answered)" = true ] || {
		say "FAILED: $(row_has name): clients are not answered again"
		row_bad
	}
	row_expect answered_ms "<=" $(($1 + CLUSTER_BLUR))
}
row_gap() { row_expect gap_ms "<=" $(($1 + CLUSTER_BLUR)); }

# pause PID SECONDS: the process does not run.
pause() {
	kill -STOP "$1"
	sleep "$2"
	kill -CONT "$1"
}
