#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# After a crash the daemon starts on top of what the crashed one left. A clean stop then restores
# the state before the first start.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3 family=46
lab_config
lab_snapshot alpha >"$LAB_DIR/before"
lab_start_all
ping_all_pairs
for time in 1 2; do
	lab_kill alpha
	expect_rc 1 "crash $time: the TAP is gone" ip -n alpha link show cluster0
	reach beta gamma || fail "the others do not reach each other"
	lab_start alpha
	lab_settle
	for LAB_FAMILY in 4 6 ll; do expect_reach beta alpha; done
	ping_all_pairs # link-local
	LAB_FAMILY=$((2 + 2 * time)) ping_all_pairs
done
expect "shield programs on alpha" 1/1 "$(lab_attached alpha eth0)"
lab_stop_all
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "alpha" "$LAB_DIR/before" "$LAB_DIR/after"
expect_rc 3 "no control socket" "$CLUSTERARPCTL" -s "$(socket_of alpha)" status
