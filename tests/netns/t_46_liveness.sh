#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Liveness: a peer whose cable is out is silent within 3.5 s, and resolved within 1.1 s of its return,
# be its entry used, idle or pinned, over both families. The kernel's own entries and resolution
# stay what they are without it. No line for a question, one for a change.
# run: kernel

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

said() { grep -cF -- "$1" "$LAB_DIR/alpha.log" || true; }
state_is() { [ "$(peer alpha "${2:-beta}" .state)" = "$1" ]; }
alive() { [ "$(peer alpha "$1" '.latency_us // 0')" != 0 ]; }
cable() { ip -n sw link set "p_$1" "$2"; }
# The time of the last change, in ms: of the event, whose ts has six decimals.
changed_at() { jq -r 'select(.event == "peer_state" and .peer == "beta") | .ts' "$LAB_DIR/events" | tail -n 1; }
wall_ms() { date +%s%3N; }
since_ms() { date -d "$(changed_at)" +%s%3N | awk -v from="$1" '{ print $1 - from }'; }

# watch_events: the events of alpha from now on go to $LAB_DIR/events.
watch_events() {
	"$CLUSTERARPCTL" -s "$(socket_of alpha)" -j monitor >"$LAB_DIR/events" 2>/dev/null </dev/null &
	MONITOR=$!
	sleep 0.3
}

# cable_out WHAT: beta's cable is out, and in again, at moments that differ from round to round.
cable_out() {
	local from rounds=2 round entry
	for ((round = 0; round < rounds; round++)); do
		sleep "0.$((round * 5 + 1))"
		entry=$(on alpha ip neigh show dev cluster0 nud permanent)
		from=$(wall_ms)
		cable beta down
		within "$(seconds 5)" state_is silent || within "$(seconds 4)" state_is failed ||
			fail "$1: the cable is out, and its state is $(peer alpha beta .state)"
		expect_num "$1: silent after, ms" "$(since_first silent "$from")" "<=" "$(seconds 3500)"
		expect "$1: pinned entries" "$entry" "$(on alpha ip neigh show dev cluster0 nud permanent)"
		from=$(wall_ms)
		cable beta up
		within "$(seconds 5)" state_is resolved ||
			fail "$1: the cable is in, and its state is $(peer alpha beta .state)"
		expect_num "$1: resolved after, ms" "$(since_first resolved "$from")" "<=" "$(seconds 1100)"
	done
	expect "$1: gamma all the while" resolved "$(peer alpha gamma .state)"
}
# since_first STATE MS: from MS to the first event after it that beta has STATE.
since_first() {
	local ts
	while read -r ts; do
		ts=$(date -d "$ts" +%s%3N)
		if [ "$ts" -ge "$2" ]; then
			echo $((ts - $2))
			return
		fi
	done < <(jq -r --arg s "$1" 'select(.event == "peer_state" and .peer == "beta" and .state == $s) | .ts' \
		"$LAB_DIR/events")
	echo none
}

lab_nodes 3 family=46

# --- both families in the file: idle, used, pinned ---

lab_config
lab_start_all
watch_events
within "$(seconds 3)" alive beta || fail "beta has not answered: $(ctl alpha -j peers)"
expect "beta and gamma, which nobody has talked to" "resolved resolved" \
	"$(peer alpha beta .state) $(peer alpha gamma .state)"
expect_num "last heard, ms" "$(peer alpha beta .last_heard_ms)" "<=" "$(seconds 1100)"
expect_num "latency, us" "$(peer alpha beta .latency_us)" "<=" "$(seconds 100000)"
cable_out idle
on alpha ping -n -q -i 0.2 "$(addr_of beta)" >/dev/null &
PING=$!
cable_out "under ping"
kill "$PING"
wait "$PING" 2>/dev/null || true
# One line for each change of reachability. (Those that the kernel's own failure brings have none.)
expect_count "lines that beta is reachable" 5 "$(said "node beta is reachable")"
expect_count "lines that it does not answer" 4 "$(said "node beta does not answer")"
expect_count "lines about gamma" 1 "$(said "node gamma")"

# An answer leaves a stale entry stale; a question of the stack is answered all the same.
on alpha ip neigh replace "$(addr_of gamma)" lladdr "$(dedicated_mac gamma)" nud stale dev cluster0
sleep 3
expect "an idle entry, though gamma answers" STALE \
	"$(on alpha ip -j neigh show "$(addr_of gamma)" dev cluster0 | jq -r '.[0].state[0]')"
sed -i 's/^\[cluster\]/&\nliveness = 100ms/' "$LAB_CONF"
ctl alpha reload >/dev/null
for i in {1..40}; do
	forget alpha "$(addr_of gamma)"
	on alpha ping -n -c 1 -W "$LAB_REPLY" "$(addr_of gamma)" >"$LAB_DIR/output" ||
		fail "resolution $i beside 10 questions a second: $(cat "$LAB_DIR/output")"
done
ok "40 resolutions beside 10 questions a second"

# A question that was lost, as the cable was out, takes no answer from the stack that asks then.
for i in {1..20}; do
	cable gamma down
	sleep 0.15
	forget alpha "$(addr_of gamma)"
	cable gamma up
	on alpha ping -n -c 1 -W "$([ "$LAB_PACE" = 1 ] && echo 0.5 || echo "$LAB_REPLY")" "$(addr_of gamma)" >"$LAB_DIR/output" ||
		fail "resolution $i just after the cable is in: $(cat "$LAB_DIR/output")"
done
ok "20 resolutions just after the cable is in"

# A failure of the kernel is true for ten seconds, while the peer answers: nothing else would end it.
sleep 4
# (An answer that comes late goes to the stack, which takes it.)
fails() {
	on alpha ip neigh replace "$(addr_of gamma)" lladdr "$(dedicated_mac gamma)" nud failed dev cluster0
	within "$(seconds 1)" state_is failed gamma
}
within "$(seconds 5)" fails || fail "failed in the kernel, and gamma is $(peer alpha gamma .state)"
# `status` alone does not read the kernel's table again, as `peers` does.
both_resolved() { [ "$(ctl alpha -j status | jq .peers.resolved)" = 2 ]; }
within "$(seconds 13)" both_resolved || fail "it answers, and gamma is $(peer alpha gamma .state)"
ok "gamma, failed and answering: resolved"
forget alpha "$(addr_of gamma)"

# A table that is wiped is no failure of the peers, though the kernel reports each entry as failed.
before="$(peer alpha beta .changes) $(peer alpha gamma .changes) $(said "does not answer")"
for i in {1..5}; do
	on alpha ip neigh flush dev cluster0
	on alpha ip neigh del "$(addr_of beta)" dev cluster0 2>/dev/null || true
	sleep 0.3
done
expect "wiped tables: changes of state, lines" "$before" \
	"$(peer alpha beta .changes) $(peer alpha gamma .changes) $(said "does not answer")"

sed -i 's/^liveness = .*/liveness = 0/' "$LAB_CONF"
ctl alpha reload >/dev/null
expect "off: what is known of gamma" "null null" \
	"$(ctl alpha -j peers | jq -r '.peers[] | select(.name == "gamma") | "\(.last_heard_ms) \(.latency_us)"')"
sleep 1
before=$(counter alpha .own_sent)
sleep 2
expect "off: questions" "$before" "$(counter alpha .own_sent)"
kill "$MONITOR"
wait "$MONITOR" 2>/dev/null || true
lab_stop_all

# --- IPv6 alone, pinned: what `pin` used to hide ---

LAB_FAMILY=6 lab_config neigh=pin
lab_start_all
watch_events
within "$(seconds 5)" alive beta || fail "beta has not answered: $(ctl alpha -j peers)"
cable_out "IPv6, pinned"

# --- this node's own cable ---

busy=$(counter alpha .drops.nic_busy)
cable alpha down
for peer in beta gamma; do
	within "$(seconds 6)" state_is silent "$peer" || within "$(seconds 4)" state_is failed "$peer" ||
		fail "alpha's cable is out, and $peer is $(peer alpha "$peer" .state)"
done
expect "questions that were dropped as nic_busy" "$busy" "$(counter alpha .drops.nic_busy)"
cable alpha up
for peer in beta gamma; do
	within "$(seconds 5)" state_is resolved "$peer" || fail "alpha's cable is in, and $peer is not resolved"
done
kill "$MONITOR"
wait "$MONITOR" 2>/dev/null || true
lab_stop_all
