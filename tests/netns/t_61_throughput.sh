#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: plain
#
# TCP between two nodes against TCP between two hosts without daemons on the same
# bridge, in interleaved rounds. LAB_FLOOR: the least ratio allowed (0.5).

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_plain plain1 201
lab_plain plain2 202
lab_config
lab_start_all
expect_reach alpha beta
expect_reach plain1 plain2

# The best of some rounds of each, side by side; a busy machine gets more of them.
bare=0 ours=0 R=0
enough() { [ "$round" -ge 4 ] && awk -v r="$R" -v f="${LAB_FLOOR:-0.5}" 'BEGIN { exit !(r >= f) }'; }
for round in 1 2 3 4 5 6 7 8 9 10; do
	tcp_pair plain1 plain2
	bare=$(best "$bare" "$GBITS")
	tcp_pair alpha beta
	ours=$(best "$ours" "$GBITS")
	R=$(ratio "$ours" "$bare")
	! enough || break
done
say "best of $round rounds: bare $bare Gb/s, nodes $ours Gb/s, ratio $R"
[ -n "$LAB_SLOW" ] || expect_num "ratio of TCP with daemons to without" "$R" ">=" "${LAB_FLOOR:-0.5}"
lab_stop_all
