#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How long the node is away when the daemon starts and stops, and the addresses move: pings 2 ms apart, from
# the node and to it. The kernel takes up to 20 ms to attach or detach each program; the node is away only
# while addresses move, which is about 2 ms.
# run: alone

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

ROUNDS=3
lab_nodes 1
lab_config
ip -n alpha addr add 12.12.4.101/24 dev eth0
expect_reach out alpha

pings() {
	ip netns exec "$1" ping -n -q -i 0.002 -W "$(seconds 1)" "$2" >"$LAB_DIR/$1.pings" 2>&1 &
	PINGING+=($!)
}
# lost COMMAND…: adds to LOST how many of the pings across it are lost.
lost() {
	PINGING=()
	pings out 12.12.4.101
	pings alpha 12.12.4.200
	sleep 0.3
	"$@"
	sleep 0.3
	kill -INT "${PINGING[@]}"
	wait "${PINGING[@]}" || true
	# shellcheck disable=SC2016 # awk's
	LOST=$((LOST + $(awk '/packets transmitted/ { n += $1 - $4 } END { print n }' "$LAB_DIR"/{out,alpha}.pings)))
	! grep -h 'duplicates' "$LAB_DIR"/{out,alpha}.pings || fail "$*: a ping is answered twice"
}

# starts_and_stops WHAT
starts_and_stops() {
	local round at_start=0 at_stop=0
	for ((round = 0; round < ROUNDS; round++)); do
		LOST=$at_start
		lost lab_start alpha
		at_start=$LOST
		expect "$1: the NIC's address" "" "$(ip -n alpha -4 -br addr show dev eth0 | awk '{ print $3 }')"
		LOST=$at_stop
		lost lab_stop alpha
		at_stop=$LOST
	done
	# One of each may be in flight just then, and another may come between two addresses. While the
	# kernel attaches programs it would be three times as many.
	expect_num "$1: lost in $ROUNDS starts" "$at_start" "<=" "$((3 * ROUNDS * LAB_PACE))"
	expect_num "$1: lost in $ROUNDS stops" "$at_stop" "<=" "$((3 * ROUNDS * LAB_PACE))"
}
starts_and_stops "as the kernel has it"
lab_preload no_tcx
starts_and_stops "filters of clsact"
