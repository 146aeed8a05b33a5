#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Links that come and go: the NIC is deleted and added again, its cable is pulled, its programs are removed.
# The nodes reach each other afterwards, and nothing is left over.
# run: kernel
# run: alone

# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$(dirname "$0")/faults.sh"

lab_nodes 2 family=46
# shellcheck disable=SC2119 # without settings
lab_config
lab_start_all
lab_announced
expect_reach alpha beta

# --- programs that somebody removes ---

# removed: deletes all qdiscs and filters of the NIC for a while; sets LOST (percent of pings, 2 ms apart).
removed() {
	local pings end
	on alpha ping -n -i 0.002 -w "$(whole 10 2)" 12.12.4.102 >"$LAB_DIR/ping" 2>&1 &
	pings=$!
	end=$((SECONDS + $(whole 10 2)))
	while [ "$SECONDS" -lt "$end" ]; do
		on alpha tc qdisc del dev eth0 clsact 2>/dev/null || true
		on alpha tc filter del dev eth0 ingress 2>/dev/null || true
	done
	wait "$pings" || true
	LOST=$(lost_percent "$LAB_DIR/ping")
}
# Links of tcx are not removed by tc; where the kernel has none, filters are.
if "$LAB_TOP/tcx.py" show lo ingress >/dev/null 2>&1; then
	removed
	row "tc removes qdiscs and filters in a loop: pings lost, %" "$LOST" "==" 0
fi
lab_stop alpha
lab_preload no_tcx
lab_start alpha
expect_reach alpha beta
removed
if [ "$LAB_DATAPATH" = kernel ]; then
	control "the same without tcx: pings lost, %" "$LOST" "==" 0
else
	row "the same without tcx: pings lost, %" "$LOST" "<=" 2
fi
# One at a time they are back at once: the daemon learns of it by netlink.
on alpha ping -n -i 0.002 -w 5 12.12.4.102 >"$LAB_DIR/ping" 2>&1 &
for i in 1 2 3 4 5 6 7 8; do
	sleep 0.5
	on alpha tc qdisc del dev eth0 clsact
done
wait $! || true
read -r _ lost _ < <(ping_answers "$LAB_DIR/ping")
row "without tcx, programs removed 8 times, 0.5 s apart: pings lost, 2 ms apart" "$lost" "<=" 16
lab_preload
lab_stop alpha
lab_start alpha
expect_reach alpha beta

# --- a NIC that comes and goes ---

ROUNDS=$(whole 200 6)
fds=$(descriptors alpha)
for ((i = 1; i <= ROUNDS; i++)); do
	ip -n alpha link del eth0
	[ $((i % 2)) = 1 ] || sleep 0.05
	lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
	ip -n alpha link set eth0 up
	[ "$i" != 5 ] || first=$(memory_kib alpha)
done
within "$(seconds 15)" reach alpha beta || fail "the NIC was deleted $ROUNDS times: alpha does not reach beta: $(tail -n 5 "$LAB_DIR/alpha.log")"
LAB_FAMILY=6 expect_reach alpha beta
row "NIC deleted and added $ROUNDS times: descriptors more" $(($(descriptors alpha) - fds)) "==" 0
[ -n "$LAB_SLOW" ] || row "NIC deleted and added $ROUNDS times: memory, KiB more" $(($(memory_kib alpha) - first)) "<=" 512

ROUNDS=$(whole 1000 50)
lines=$(log_lines alpha)
for ((i = 1; i <= ROUNDS; i++)); do
	ip -n sw link set p_alpha down
	ip -n sw link set p_alpha up
done
within "$(seconds 15)" reach alpha beta || fail "a cable that was pulled $ROUNDS times: alpha does not reach beta"
row "carrier lost $ROUNDS times: descriptors more" $(($(descriptors alpha) - fds)) "==" 0
[ -n "$LAB_SLOW" ] || row "carrier lost $ROUNDS times: memory, KiB more" $(($(memory_kib alpha) - first)) "<=" 512
note "carrier lost $ROUNDS times: log lines" $(($(log_lines alpha) - lines)) ""
lab_stop_all
