#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What clusterarpctl prints: help for each command; suggestions for misspelt ones; every command fits 80
# columns, also with IPv6 addresses, long names and problems, and is valid JSON with -j; `status -j` has
# what the text shows; peers by name, and 300 of them.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

control() { expect_rc "$1" "clusterarpctl $2" "$CLUSTERARPCTL" "${@:3}"; }
here() { control "$1" "${*:2}" -s "$(socket_of alpha)" "${@:2}"; }
said() { grep -Eq -- "$1" "$LAB_DIR/output" || fail "expected a line with '$1', saw: $(head -n 20 "$LAB_DIR/output")"; }
fits() {
	local long
	long=$(awk 'length > 80' "$LAB_DIR/output")
	[ -z "$long" ] || fail "$1: wider than 80 columns: $long"
	[ -s "$LAB_DIR/output" ] || fail "$1: nothing is printed"
}

# --- help, and suggestions ---

control 0 "help" help
fits help
mapfile -t COMMANDS < <(sed -nE 's/^  ([a-z][a-z-]+) .*/\1/p' "$LAB_DIR/output")
expect_num "commands" "${#COMMANDS[@]}" ">=" 14
for command in "${COMMANDS[@]}"; do
	control 0 "help $command" help "$command"
	fits "help $command"
	said "^Usage: clusterarpctl \[OPTION\]\.\.\. $command"
	cp "$LAB_DIR/output" "$LAB_DIR/help"
	control 0 "$command --help" "$command" --help
	cmp "$LAB_DIR/help" "$LAB_DIR/output" || fail "$command --help is not help $command"
done
while IFS='|' read -r arguments answer; do
	# shellcheck disable=SC2086
	control 2 "$arguments" $arguments
	said "$answer"
done <<'END'
conters|unknown command 'conters': did you mean 'counters'\?
help shraes|unknown command 'shraes': did you mean 'shares'\?
dance|unknown command 'dance'$
--jsn status|unknown option '--jsn': did you mean '--json'\?
capture --wirte=f|unknown option '--wirte=f': did you mean '--write'\?
shares drian|shares: unknown subcommand 'drian': did you mean 'drain'\?
-Q|unknown option '-Q'
--count|--count needs a value
--json=yes|--json has no value
capture --count many|--count needs a number, not 'many'
shares drain --wait soon|--wait needs a number of seconds, not 'soon'
status --wait 3|--wait does not apply to 'status'
reload now|unexpected argument 'now'
END
control 3 "check --dry-run, which is UNKNOWN" check --dry-run

# --- in a cluster of three ---

lab_nodes 3 family=46
lab_config shares=driven
lab_start_all
ctl alpha shares set --epoch 1 --ttl 60 alpha beta gamma >/dev/null
expect_reach alpha beta
expect_reach out alpha
all_resolved() { [ "$(ctl alpha -j status | jq .peers.resolved)" = 2 ]; }
within "$(seconds 5)" all_resolved || fail "peers: $(ctl alpha -j status | jq -c .peers)"

# Streams are not among them, nor metrics and check, which are for programs.
look() {
	local command
	for command in status peers "peers beta gamma" neigh counters config "reload --dry-run" shares "shares of 12.12.4.200:4711" log-level version; do
		# shellcheck disable=SC2086
		here 0 $command
		[ "$command" = neigh ] || fits "$1: $command" # the format of ip-neighbour, one line an entry
		# shellcheck disable=SC2086
		here 0 -j $command
		expect "$1: -j $command: schema" 1 "$(jq -e .schema_version "$LAB_DIR/output")"
		expect "$1: -j $command: lines" 1 "$(wc -l <"$LAB_DIR/output")"
	done
}
look "all is well"
here 0 check
here 0 -j metrics
expect "-j check" 0 "$(ctl alpha -j check | jq .check.exit_status)"

# status -j alone has what the text shows, rates aside.
here 0 -j status
cp "$LAB_DIR/output" "$LAB_DIR/status.json"
here 0 status
status() { jq -r "$1" "$LAB_DIR/status.json"; }
for value in "$(status .node)" "$(status .datapath)" "$(status '.cluster.address[0]')" "$(status .cluster.lladdr)" \
	"$(status .cluster.tap)" "$(status '.dedicated.address[0]')" "$(status .dedicated.lladdr)" "$(status .cluster.dev)" \
	"$(status '"MTU \(.link.mtu)"')" "$(status '.peer_list[] | select(.name == "beta") | .address[0] | split("/")[0]')"; do
	grep -qF -- "$value" "$LAB_DIR/output" || fail "status: no $value: $(cat "$LAB_DIR/output")"
done
expect "words of status that its JSON does not know" "" "$(status '.drops | to_entries[] | select(.value > 0) | .key' |
	while read -r reason; do grep -q " $reason " "$LAB_DIR/output" || echo "$reason"; done)"
expect "peers in states" 2 "$(status '[.peers[]] | add')"
expect "peers, one by one" "beta gamma" "$(status '[.peer_list[].name] | sort | join(" ")')"
expect "keys of status" "cluster config_generation datapath dedicated drops last_reload link node peer_list peers problems schema_version source_lladdr uptime_seconds version" \
	"$(status 'keys | join(" ")')"

# --- one peer ---

here 0 peers gamma
said '^gamma: resolved for'
for value in 12.12.4.103/24 2001:db8:4::103/64 "$(dedicated_mac gamma)" heard latency frames; do said "$value"; done
! grep -q beta "$LAB_DIR/output" || fail "peers gamma tells of beta"
here 0 peers beta
said '^neighbour +12.12.4.102 '"$(dedicated_mac beta)"
here 0 -j peers gamma
expect "-j peers gamma" gamma "$(jq -r '[.peers[].name] | join(" ")' "$LAB_DIR/output")"
here 1 peers gamma betta
said "no other node has the name 'betta': did you mean 'beta'\?"
here 1 peers alpha

# --- the level of the log ---

here 0 log-level
said '^log level: notice$'
here 1 log-level inof
said "did you mean 'info'\?"
here 0 log-level debug
here 0 -j log-level
expect "-j log-level" debug "$(jq -r .log_level "$LAB_DIR/output")"
here 0 log-level notice

# --- problems ---

kill -STOP "${LAB_PID[gamma]}"
ip -n sw link set p_gamma down
ip -n alpha link set cluster0 down
gamma_is_silent() { ctl alpha -j status | jq -e 'any(.problems[]; .id == "tap_down")' >/dev/null; }
within "$(seconds 8)" gamma_is_silent || fail "no problem: $(ctl alpha -j status | jq -c .problems)"
look "with problems"
here 0 status
said '^critical: cluster0 is down'
here 2 check
ip -n alpha link set cluster0 up
is_silent() { [ "$(ctl alpha -j status | jq .peers.silent)" = 1 ]; }
within "$(seconds 8)" is_silent || fail "gamma is not silent: $(ctl alpha -j status | jq -c .peers)"
here 0 peers
expect "the first peer" gamma "$(awk '/^PEER/ { getline; print $1 }' "$LAB_DIR/output")"
said '^2 peers: 1 resolved, 1 silent \(gamma\)$'
kill -CONT "${LAB_PID[gamma]}"
ip -n sw link set p_gamma up
lab_stop_all

# --- three hundred ---

lab_config
sed -i 's,/24,/16,g' "$LAB_CONF"
for ((i = 1; i <= 300; i++)); do
	printf '\n[node a-rather-long-name-of-a-node-%d]\naddress = 12.12.%d.%d/16, 2001:db8:4:0:2222:3333:4444:%x/64\n' \
		"$i" $((5 + i / 250)) $((i % 250 + 1)) "$i"
done >>"$LAB_CONF"
lab_start alpha
lab_start beta
expect_reach alpha beta
unheard() { [ "$(ctl alpha -j status | jq '.peers.silent + .peers.failed')" -gt 250 ]; }
within "$(seconds 20)" unheard || fail "300 peers: $(ctl alpha -j status | jq -c .peers)"
for command in status peers "peers a-rather-long-name-of-a-node-150"; do
	# shellcheck disable=SC2086
	here 0 $command
	fits "300 peers: $command"
done
here 0 peers
said '^302 peers: 1 resolved'
said 'silent|failed'
expect "rows" 302 "$(grep -cE ' (resolved|silent|failed|none|stale) ' <(grep -v '^302 peers' "$LAB_DIR/output"))"
expect "the last row" beta "$(grep -v 'peers:' "$LAB_DIR/output" | grep -E '^(beta|a-)' | tail -n 1 | cut -d' ' -f1)"
here 1 check
expect "the text of the problem is cut sensibly" 1 "$(grep -cE 'WARNING - peer_silent: [a-z0-9, -]* and [0-9]+ more: no answer' "$LAB_DIR/output")"
