#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The events that `monitor` prints, and what a reader gets that did not keep up. The metrics are
# accepted by promtool, and their values are those of `counters` and `peers`.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

command -v promtool >/dev/null || fail "no promtool (quickstart check gets it)"
BETA=12.12.4.102
LIAR=02:66:66:66:66:66
lab_nodes 3 family=46
lab_config liveness=0
lab_start_all
SOCKET=$(socket_of alpha)

# --- monitor ------------------------------------------------------------------------------

EVENTS=$LAB_DIR/events
MONITOR='' TEXT=''
"$CLUSTERARPCTL" -s "$SOCKET" -j monitor >"$EVENTS" 2>"$LAB_DIR/monitor.err" </dev/null &
MONITOR=$!
"$CLUSTERARPCTL" -s "$SOCKET" monitor >"$LAB_DIR/text" 2>"$LAB_DIR/text.err" </dev/null &
TEXT=$!
both_listen() {
	ctl alpha reload >/dev/null
	grep -q '"reload"' "$EVENTS" && [ -s "$LAB_DIR/text" ]
}
within "$(seconds 5)" both_listen || fail "monitor: no output: $(cat "$LAB_DIR/monitor.err")"

# expect_event WHAT JQ-CONDITION: there is such an event since the mark.
MARK=0
mark() { MARK=$(wc -l <"$EVENTS"); }
told() { tail -n "+$((MARK + 1))" "$EVENTS" | jq -se "any(.[]; $1)" >/dev/null; }
expect_event() {
	within "$(seconds 5)" told "$2" || fail "$1: no such event: $(tail -n "+$((MARK + 1))" "$EVENTS")"
	ok "$1: $(tail -n "+$((MARK + 1))" "$EVENTS" | jq -c "select($2)" | head -n 1)"
}

mark
reach alpha beta || fail "alpha does not reach beta"
expect_event "a peer is resolved" \
	'.event == "peer_state" and .peer == "beta" and .state == "resolved" and .previous == "none"'
mark
on alpha ip neigh replace $BETA lladdr $LIAR nud permanent dev cluster0
expect_event "an entry is repaired" \
	".event == \"repaired\" and .peer == \"beta\" and .dst == \"$BETA\" and .lladdr == \"$LIAR\""
mark
frames arp out:eth0 --sha $LIAR --spa $BETA --tpa 12.12.4.101
expect_event "a spoofer" \
	".event == \"spoofed\" and .peer == \"beta\" and .dst == \"$BETA\" and .lladdr == \"$LIAR\""
frames arp out:eth0 --sha $LIAR --spa 12.12.4.101 --tpa 12.12.4.101
B6=$(addr6_of beta)
frames nd out:eth0 na --eth-src $LIAR --src "$B6" --target "$B6" --tlla $LIAR
expect_event "a spoofer over IPv6" ".event == \"spoofed\" and .peer == \"beta\" and .dst == \"$B6\" and .lladdr == \"$LIAR\""
expect_event "a conflict" \
	".event == \"conflict\" and .peer == null and .dst == \"12.12.4.101\" and .lladdr == \"$LIAR\""
frames arp out:eth0 --eth-src "$(dedicated_mac alpha)" --sha $LIAR --spa 12.12.4.250 --tpa 12.12.4.251
expect_event "an echo" '.event == "echo" and .peer == null'

mark
ip -n sw link set p_alpha down
expect_event "the cable is pulled" '.event == "link" and .dev == "eth0" and .present and .carrier == false'
mark
ip -n sw link set p_alpha up
expect_event "the cable is plugged in" '.event == "link" and .dev == "eth0" and .present and .carrier and .mtu == 1500'
mark
ip -n alpha link set eth0 mtu 1400
expect_event "another MTU" '.event == "link" and .mtu == 1400'
ip -n alpha link set eth0 mtu 1500
mark
ip -n sw link del p_alpha
expect_event "the NIC is gone" '.event == "link" and .dev == "eth0" and .present == false'
ctl alpha metrics >"$LAB_DIR/metrics.absent"
mark
lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
ip -n alpha link set eth0 up
expect_event "the NIC is back" '.event == "link" and .dev == "eth0" and .present'

mark
sed -i 's/^arp.*//; s/^tap/arp = directed\ntap/' "$LAB_CONF"
ctl alpha reload >/dev/null
expect_event "a reload" '.event == "reload" and .applied and .changes == ["arp: broadcast to directed"]'
mark
cp "$LAB_CONF" "$LAB_DIR/good"
echo nonsense >>"$LAB_CONF"
! ctl alpha reload >/dev/null 2>&1 || fail "an invalid file is accepted"
expect_event "a reload that was refused" '.event == "reload" and .applied == false'
ctl alpha metrics >"$LAB_DIR/metrics.refused"
# Beside those that the frames above have left: a conflict stays for five minutes.
problems() { ctl alpha -j status | jq -c '[.problems[] | select(.id | IN("conflict", "peer_foreign") | not) | .id, .severity]'; }
problems_are() { [ "$(problems)" = "$1" ]; }
expect "problems after a refused reload" '["reload_refused","warning"]' "$(problems)"
ctl alpha >"$LAB_DIR/output"
expect "what status shows before the peers" "NIC warning: the last reload PEER" \
	"$(grep -oE '^(NIC|warning: the last reload|PEER)' "$LAB_DIR/output" | xargs)"
mv "$LAB_DIR/good" "$LAB_CONF"
kill -HUP "${LAB_PID[alpha]}"
within "$(seconds 3)" problems_are '[]' || fail "problems after a good reload: $(problems)"
! ctl alpha | grep -q '^warning: the last reload' || fail "status shows a problem that is over"
expect_reach alpha beta

kill -INT "$TEXT"
wait "$TEXT" || fail "monitor: exit status $?: $(cat "$LAB_DIR/text.err")"
expect_num "lines of plain text" "$(grep -c . "$LAB_DIR/text")" ">=" 12
for word in resolved directed "$LIAR" eth0; do
	grep -q "$word" "$LAB_DIR/text" || fail "lines of plain text: no $word in them: $(cat "$LAB_DIR/text")"
done

# A reader that does not read.
mark
kill -STOP "$MONITOR"
before=$(counter alpha .drops.spoofed)
frames arp out:eth0 --sha $LIAR --spa $BETA --tpa 12.12.4.101 --count 3000 --interval 0.0002
all_spoofed() { [ "$(counter alpha .drops.spoofed)" -eq $((before + 3000)) ]; }
within "$(seconds 5)" all_spoofed || fail "spoofed: expected $((before + 3000)), saw $(counter alpha .drops.spoofed)"
lab_up alpha || fail "no answer on the control socket while a reader does not read"
kill -CONT "$MONITOR"
expect_event "a reader that did not read" '.event == "lost" and .peer == null and .count > 0'
since() { tail -n "+$((MARK + 1))" "$EVENTS"; }
expect "events delivered and lost" 3000 \
	"$(since | jq -s '[.[] | if .event == "lost" then .count elif .event == "spoofed" then 1 else 0 end] | add')"
mark
frames arp out:eth0 --sha $LIAR --spa $BETA --tpa 12.12.4.101
expect_event "an event after the loss" '.event == "spoofed"'

kill -INT "$MONITOR"
wait "$MONITOR" || fail "monitor: exit status $?: $(cat "$LAB_DIR/monitor.err")"
jq -se --arg now "$(date -u +%s)" 'length > 0 and all(.[]; .schema_version == 1 and has("peer") and
	(.event | type) == "string" and
	(.ts | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{6}Z$")) and
	((.ts | sub("[.][0-9]+Z$"; "Z") | fromdate) as $t | $t <= ($now | tonumber) and $t > ($now | tonumber) - 300))' \
	"$EVENTS" >/dev/null || fail "an event has a wrong format: $(head -n 30 "$EVENTS")"
expect "events as lines" "$(wc -l <"$EVENTS")" "$(jq -sr length "$EVENTS")"
expect "events in order of time" "" "$(jq -r .ts "$EVENTS" | sort -c 2>&1)"

# --- metrics --------------------------------------------------------------------------------

# expect_linted WHAT FILE
expect_linted() {
	promtool check metrics <"$2" >"$LAB_DIR/output" 2>&1 || fail "$1: promtool: $(cat "$LAB_DIR/output")"
	[ ! -s "$LAB_DIR/output" ] || fail "$1: promtool: $(cat "$LAB_DIR/output")"
	ok "$1: promtool accepts $(grep -vc '^#' "$2") metrics"
}
# metric FILE NAME
metric() { awk -v name="clusterarpd_$2" '$1 == name { print $2 }' "$1"; }

ping_all_pairs
LAB_FAMILY=6 ping_all_pairs
expect_num "Neighbour Discovery rewritten" "$(counter alpha .nd_rewritten)" ">" 0
# Takes all outputs; succeeds only if no counter changed between the first and the last.
snapshot() {
	local what
	for what in status counters peers; do ctl alpha -j $what >"$LAB_DIR/$what"; done
	ctl alpha metrics >"$LAB_DIR/metrics"
	ctl alpha -j metrics >"$LAB_DIR/metrics.json"
	[ "$(jq -S .counters "$LAB_DIR/counters")" = "$(ctl alpha -j counters | jq -S .counters)" ] &&
		[ "$(jq -S '.peers | map(del(.last_change_seconds))' "$LAB_DIR/peers")" = \
			"$(ctl alpha -j peers | jq -S '.peers | map(del(.last_change_seconds))')" ]
}
within "$(seconds 10)" snapshot || fail "the counters keep changing"
expect_linted "after traffic" "$LAB_DIR/metrics"
expect_linted "without a NIC" "$LAB_DIR/metrics.absent"
expect_linted "after a refused reload" "$LAB_DIR/metrics.refused"
jq -je .metrics "$LAB_DIR/metrics.json" | grep -v uptime >"$LAB_DIR/a"
grep -v uptime "$LAB_DIR/metrics" >"$LAB_DIR/b"
expect_unchanged "metrics with -j" "$LAB_DIR/a" "$LAB_DIR/b"

expect "link without a NIC" "0 0" \
	"$(metric "$LAB_DIR/metrics.absent" link_carrier) $(metric "$LAB_DIR/metrics.absent" link_mtu_bytes)"
expect "link" "1 1500" "$(metric "$LAB_DIR/metrics" link_carrier) $(metric "$LAB_DIR/metrics" link_mtu_bytes)"
expect "the last reload when it was refused, and after" "0 1" \
	"$(metric "$LAB_DIR/metrics.refused" config_last_reload_successful) $(metric "$LAB_DIR/metrics" config_last_reload_successful)"
expect "configuration" "$(jq .config_generation "$LAB_DIR/status")" "$(metric "$LAB_DIR/metrics" config_generation)"
grep -q "^clusterarpd_build_info{version=\"$(jq -r .version "$LAB_DIR/status")\",node=\"alpha\"" "$LAB_DIR/metrics" ||
	fail "build_info: $(grep build_info "$LAB_DIR/metrics")"
expect "labels with an address" "" "$(grep -E '\{.*([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|([0-9a-f]{2}:){5}|2001:|fe80:)' "$LAB_DIR/metrics" || true)"

# The values of the other answers, written as metrics: exactly these must be there.
{
	jq -r '.counters as $c | ("frames", "bytes") as $what | ("tap", "nic") as $side | ("in", "out") as $way |
		"\($what)_total{side=\"\($side)\",direction=\"\($way)\"} \($c["\($side)_\($what)_\($way)"])"' "$LAB_DIR/counters"
	jq -r '.counters | "arp_rewritten_total \(.arp_rewritten)", "nd_rewritten_total \(.nd_rewritten)", "neighbour_resyncs_total \(.neigh_resyncs)", "tap_repaired_total \(.tap_repaired)",
		(.drops | to_entries[] | "drops_total{reason=\"\(.key)\"} \(.value)")' "$LAB_DIR/counters"
	jq -r '.peers[] | .name as $peer | .counters as $c |
		(("frames", "bytes", "arp") as $what | ("in", "out") as $way |
			"peer_\($what)_total{peer=\"\($peer)\",direction=\"\($way)\"} \($c["\($what)_\($way)"])"),
		("repaired", "spoofed") as $what | "peer_\($what)_total{peer=\"\($peer)\"} \($c[$what])"' "$LAB_DIR/peers"
	jq -r '(.problems | length | "problems \(.)"), (.problems[] | "problem{id=\"\(.id)\",severity=\"\(.severity)\"} 1")' "$LAB_DIR/status"
	jq -r '.peers[] | "peer_state_changes_total{peer=\"\(.name)\"} \(.changes)",
		"peer_state{peer=\"\(.name)\",state=\"\(.state)\"} 1"' "$LAB_DIR/peers"
} | sed 's/^/clusterarpd_/' | sort -u >"$LAB_DIR/a"
grep -v '^#' "$LAB_DIR/metrics" | grep -vE '_(build_info|uptime_seconds|link_|config_|neighbours )' |
	grep -vE 'peer_state\{.* 0$' | sort >"$LAB_DIR/b"
expect_unchanged "metrics compared with counters and peers" "$LAB_DIR/a" "$LAB_DIR/b"
expect "states of a peer" "failed foreign none resolved silent stale" \
	"$(sed -n 's/^clusterarpd_peer_state{peer="beta",state="\([a-z]*\)".*/\1/p' "$LAB_DIR/metrics" | sort | xargs)"
expect_num "neighbours" "$(metric "$LAB_DIR/metrics" neighbours)" ">=" 2
lab_stop_all
