#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
#
# 10,000 connections, each of which says a line a second, through 20 changes of nodes and weights: none is
# cut. SHARES_CONNECTIONS: another number.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"

: "${SHARES_CONNECTIONS:=10000}"
CHANGES=("alpha beta=0 gamma" "alpha beta gamma" "alpha=3 beta gamma=2" "beta gamma" "alpha beta gamma"
	"alpha=0 beta=0 gamma" "alpha gamma" "alpha=1 beta=100 gamma=50" "alpha beta gamma=0" "alpha beta gamma")

lab_nodes 3 family=46
sources 4
lab_config shares=driven
lab_start_all
serve_all
TTL=120
order alpha beta gamma
from "${SOURCES4[@]}"
hold many "$CLUSTER4" $((SHARES_CONNECTIONS / 2)) "${FROM[@]}"
from "${SOURCES6[@]}"
hold many6 "$CLUSTER6" $((SHARES_CONNECTIONS / 2)) "${FROM[@]}"
seen=$(hold_told many '.by_node | tojson')
say "connections by node: $seen, $(hold_told many6 '.by_node | tojson')"

from=$(now_ms) longest=0
for round in 1 2; do
	for change in "${CHANGES[@]}"; do
		before=$(now_ms)
		# shellcheck disable=SC2086 # words
		order $change
		took=$(($(now_ms) - before))
		longest=$(best "$took" "$longest")
		sleep 1
	done
done
took=$((($(now_ms) - from) / 1000))
expect_held "20 changes, IPv4" many 0
expect_held "20 changes, IPv6" many6 0
expect "connections are where they were" "$seen" "$(hold_told many '.by_node | tojson')"
hold_stop many
hold_stop many6
printf 'figures: %s connections, %s changes in %s s, the longest took %s ms: 0 cut\n' "$SHARES_CONNECTIONS" \
	$((round * ${#CHANGES[@]})) "$took" "$longest"
serve_no_more
lab_stop_all
