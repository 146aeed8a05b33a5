#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
#
# From the moment at which a driver begins to tell the nodes that one is drained, until this one takes no new
# connection any more: at most 100 ms, in each of ten drains, with 500 new connections a second.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"

LIMIT=$(seconds 100) # ms
RATE=500

lab_nodes 3 family=46
sources 4
lab_config shares=driven
lab_start_all
serve_all
from "${SOURCES4[@]}"
worst=0 slow=0 all=0
for ((i = 1; i <= 10; i++)); do
	order alpha beta gamma
	new_connections "$LAB_DIR/new" "$CLUSTER4" --rate $RATE --seconds 1.5 "${FROM[@]}" &
	opening=$!
	sleep 0.6
	ordered=$(now_ms)
	order alpha beta=0 gamma
	wait "$opening" || fail "new connections"
	expect "drain $i: new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"
	expect_num "drain $i: connections of beta before" \
		"$(awk -v t="$ordered" '$4 == "beta" && $1 < t { n++ } END { print n + 0 }' "$LAB_DIR/new")" ">=" 50
	# When the last one began that beta took.
	last=$(awk -v t="$ordered" '$4 == "beta" && $1 - t > m { m = $1 - t } END { printf "%.0f\n", m }' "$LAB_DIR/new")
	worst=$(best "$last" "$worst")
	slow=$((slow + $(awk '$2 > 500 { n++ } END { print n + 0 }' "$LAB_DIR/new")))
	all=$((all + $(wc -l <"$LAB_DIR/new")))
done
printf 'figures: 10 drains: the last new connection after at most %s ms (limit %s); of %s new connections %s waited for a second SYN\n' \
	"$worst" "$LIMIT" "$all" "$slow"
expect_num "drain, ms until the last new connection" "$worst" "<=" "$LIMIT"
serve_no_more
lab_stop_all
