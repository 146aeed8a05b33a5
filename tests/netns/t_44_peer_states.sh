#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `peers` and the log say about a peer while it is resolved, becomes stale, goes away, has its
# address claimed by another MAC, and comes back.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3 family=46
# Without liveness: what the kernel's entries alone tell.
lab_config liveness=0
lab_start_all
LIAR=02:66:66:66:66:66
# Beta does not ask in return, some seconds later, which would make an entry.
on beta sysctl -qw net.ipv4.neigh.cluster0.delay_first_probe_time=3600
# The first probe comes after one second instead of five: the test need not wait longer.
on alpha sysctl -qw net.ipv4.neigh.cluster0.delay_first_probe_time=1
# What is reachable stays so until the test has looked, also on a slow machine.
LONG=$((120000 * LAB_PACE))
on alpha sysctl -qw net.ipv4.neigh.cluster0.base_reachable_time_ms=$LONG net.ipv6.neigh.cluster0.base_reachable_time_ms=$LONG

state() { peer alpha beta .state; }
changes() { peer alpha beta .changes; }
since() { peer alpha beta .last_change_seconds; }
state_is() { [ "$(state)" = "$1" ]; }
said() { grep -cF -- "$1" "$LAB_DIR/alpha.log" || true; }
said_is() { [ "$(said "$1")" = "$2" ]; }
neigh() { on alpha ip neigh "$@" dev cluster0; }
claim() { frames arp out:eth0 --sha "$LIAR" --spa 12.12.4.102 --tpa 12.12.4.101; }
# The real beta announces its address to all.
announce() { on beta arping -q -U -c 1 -I cluster0 -s 12.12.4.102 12.12.4.102 || true; }
restless() { reach alpha beta || true; }

# expect_state WHAT STATE ENTRY-STATE CHANGES: the peer has the state now or soon, after so many
# changes of state.
expect_state() {
	within "$(seconds 2)" state_is "$2" || fail "$1: expected $2, saw $(ctl alpha -j peers)"
	expect "$1: state, and that of its entry" "$2 $3" \
		"$(peer alpha beta '"\(.state) \(.neigh[0].state // "-")"')"
	expect "$1: changes of state" "$4" "$(changes)"
}
# expect_said WHAT REACHABLE SILENT: the numbers of log lines that beta is reachable, and that it
# does not answer.
expect_said() {
	within "$(seconds 2)" said_is "node beta is reachable" "$2" ||
		fail "$1: expected $2 lines that beta is reachable, saw $(said "node beta is reachable")"
	expect "$1: lines that beta is reachable, that it is not" "$2 $3" \
		"$(said "node beta is reachable") $(said "node beta does not answer")"
}

# --- found ---

expect_state "at the start" none - 0
# An announcement would end the claim below, and so would a router solicitation, of which there are three, four
# seconds apart.
for node in "${LAB_NODES[@]}"; do
	on "$node" sysctl -qw net.ipv6.conf.cluster0.router_solicitations=0
done
lab_announced
uptime=$(ctl alpha -j status | jq .uptime_seconds)
expect_num "at the start: seconds since the last change, at least the uptime" "$(since)" ">=" "$uptime"
expect_num "and at most the uptime" "$(since)" "<=" "$(ctl alpha -j status | jq .uptime_seconds)"
expect_num "uptime, seconds" "$uptime" ">=" 2
start=$(now_ms)
claim
expect_state "claimed by another MAC" foreign - 1
expect_num "claimed: seconds since the last change" "$(since)" "<=" $((($(now_ms) - start) / 1000))
announce
expect_state "announced" none - 2
expect_said "not asked for yet" 0 0
reach alpha beta || fail "alpha does not reach beta"
expect_state "found" resolved REACHABLE 3
expect_said "found" 1 0
sleep 2.1
expect_num "found: seconds since the last change" "$(since)" ">=" 2
claim
sleep 0.3
expect_state "found, and claimed by another MAC" resolved REACHABLE 3
expect "claims" 2 "$(peer alpha beta .counters.spoofed)"
announce

# --- stale ---

neigh change 12.12.4.102 nud stale
expect_state "stale by hand" stale STALE 4
on alpha sysctl -qw net.ipv4.neigh.cluster0.base_reachable_time_ms=$((2000 * LAB_PACE))
reach alpha beta || fail "alpha does not reach beta"
within "$(seconds 8)" state_is resolved || fail "used, but its state is $(state)"
expect_state "used" resolved REACHABLE 5
within "$(seconds 8)" state_is stale || fail "not used any more, but its state is $(state)"
expect_state "not used any more" stale STALE 6
expect_num "not used any more: seconds since the last change" "$(since)" "<=" "$(seconds 1)"
on alpha sysctl -qw net.ipv4.neigh.cluster0.base_reachable_time_ms=$LONG
claim
expect_state "stale, and claimed by another MAC" foreign STALE 7
reach alpha beta || fail "alpha does not reach beta"
within "$(seconds 8)" state_is resolved || fail "confirmed, but its state is still $(state)"
expect_state "confirmed by an answer" resolved REACHABLE 9
expect_said "stale and confirmed" 1 0

# A peer whose entry was removed does not count as silent.
neigh del 12.12.4.102
expect_state "removed" none - 10
expect_said "removed" 1 0
reach alpha beta || fail "alpha does not reach beta"
expect_state "found again" resolved REACHABLE 11
on alpha ip neigh flush dev cluster0
expect_state "flushed" none - 12
expect_said "flushed" 1 0
reach alpha beta || fail "alpha does not reach beta"
within "$(seconds 2)" state_is resolved || fail "found a third time, but its state is $(state)"

# --- silent ---

before=$(changes)
lab_kill beta
neigh del 12.12.4.102
expect_state "gone, and its entry removed" none - $((before + 1))
restless
within "$(seconds 8)" state_is failed || fail "gone, but its state is $(state)"
expect_num "gone: seconds since the last change" "$(since)" "<=" "$(seconds 1)"
expect_said "gone" 1 1
entry_is() { [ "$(peer alpha beta '.neigh[0].state // "-"')" = "$1" ]; }
# An entry is INCOMPLETE for three seconds: a busy machine asks once more.
is_asked_for() {
	restless
	[ "$(peer alpha beta '"\(.state) \(.neigh[0].state // "-")"')" = "failed INCOMPLETE" ]
}
for _ in 1 2; do
	before=$(changes)
	within "$(seconds 5)" is_asked_for || fail "gone, and asked for again: $(ctl alpha -j peers)"
	expect "gone, and asked for again: changes of state" "$before" "$(changes)"
	within "$(seconds 8)" entry_is FAILED || fail "still gone: $(ctl alpha -j peers)"
	expect_state "still gone" failed FAILED "$before"
done
expect_said "still gone" 1 1
claim
expect_state "gone, and claimed by another MAC" foreign FAILED $((before + 1))

lab_start beta
back() { reach alpha beta && state_is resolved; }
before=$(changes)
within "$(seconds 10)" back || fail "back, but $(ctl alpha -j peers)"
expect_num "back: changes of state" "$(changes)" ">" "$before"
expect_num "back: seconds since the last change" "$(since)" "<=" "$(seconds 2)"
expect_said "back" 2 1

# --- silent, with the table left alone ---

neigh change 12.12.4.102 nud stale
lab_kill beta
before=$(changes)
restless
within "$(seconds 12)" state_is failed || fail "gone again, but its state is $(state)"
expect_said "gone again" 2 2
lab_start beta
within "$(seconds 10)" back || fail "back again, but $(ctl alpha -j peers)"
expect_said "back again" 3 2

# Nothing was sent to gamma. Then the same over IPv6.
gamma_is() { [ "$(peer alpha gamma .state)" = "$1" ]; }
expect_gamma() {
	within "$(seconds 8)" gamma_is "$2" || fail "gamma, $1: expected $2, saw $(ctl alpha -j peers)"
	ok "gamma, $1: $2"
}
GAMMA6=$(addr6_of gamma)
claim6() { frames nd out:eth0 na --eth-src $LIAR --src "$GAMMA6" --target "$GAMMA6" --tlla $LIAR; }
gamma_is_back() { LAB_FAMILY=6 reach alpha gamma && gamma_is resolved; }
expect "gamma's state, changes" "none 0" "$(peer alpha gamma '"\(.state) \(.changes)"')"
on alpha sysctl -qw net.ipv6.neigh.cluster0.delay_first_probe_time=1
claim6
expect_gamma "claimed by another MAC over IPv6" foreign
LAB_FAMILY=6 reach alpha gamma || fail "alpha does not reach gamma"
expect_gamma "found" resolved
neigh change "$GAMMA6" nud stale
expect_gamma "stale by hand" stale
lab_kill gamma
LAB_FAMILY=6 reach alpha gamma || true
expect_gamma "gone" failed
claim6
expect_gamma "gone, and claimed by another MAC" foreign
lab_start gamma
within "$(seconds 8)" gamma_is_back || fail "gamma, back: $(ctl alpha -j peers)"
ok "gamma, back: resolved"
lab_stop_all
