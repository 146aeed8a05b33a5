#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ten minutes of everything at once: traffic, a cable that is pulled, reloads, captures, clients that do not
# read. Memory and descriptors are level.
# run: whole
# run: alone

# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$(dirname "$0")/faults.sh"

lab_nodes 3 family=46
# shellcheck disable=SC2119 # without settings
lab_config
lab_start_all
lab_announced
expect_reach alpha beta
SECONDS_ALL=$(whole 600 15)
SOCKET=$(socket_of alpha)
end=$((SECONDS + SECONDS_ALL))
lasts() { [ "$SECONDS" -lt "$end" ]; }

flaps() {
	while lasts; do
		ip -n sw link set p_alpha down
		sleep 0.2
		ip -n sw link set p_alpha up
		sleep 1.5
	done
}
reloads() {
	while lasts; do
		kill -HUP "${LAB_PID[alpha]}"
		sleep 0.3
	done
}
captures() {
	while lasts; do
		timeout 2 "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/capture" >/dev/null 2>&1 || true
		rm -f "$LAB_DIR/capture"
	done
}
# Clients that ask for a stream, or again and again for an answer, and read nothing.
readers() {
	/usr/bin/python3 - "$SOCKET" "$SECONDS_ALL" <<'PYTHON'
import socket
import sys
import time

path, seconds = sys.argv[1], float(sys.argv[2])
end = time.monotonic() + seconds
while time.monotonic() < end:
    clients = []
    for i in range(6):
        s = socket.socket(socket.AF_UNIX)
        s.setblocking(False)
        try:
            s.connect(path)
            s.send(b'{"command":"monitor"}\n' if i % 2 else b'{"command":"status"}\n' * 100)
        except OSError:
            pass
        clients.append(s)
    time.sleep(1)
    for s in clients:
        s.close()
PYTHON
}
traffic() {
	while lasts; do
		on beta timeout 20 iperf3 -s -1 -p 5300 >/dev/null 2>&1 &
		sleep 0.3
		on alpha timeout 10 iperf3 -c 12.12.4.102 -p 5300 -t 3 -b 200M >/dev/null 2>&1 || true
	done
}
flaps & reloads & captures & readers & traffic &
on out ping -n -i 0.01 -w "$SECONDS_ALL" 12.12.4.101 >/dev/null 2>&1 &
# peak SECONDS: sets PEAK, the most memory in that time.
peak() {
	local until=$((SECONDS + $1)) memory
	PEAK=0
	while [ "$SECONDS" -lt "$until" ]; do
		sleep 0.5
		lab_alive alpha || fail "the daemon has ended: $(tail -n 3 "$LAB_DIR/alpha.log")"
		memory=$(memory_kib alpha)
		[ "$memory" -le "$PEAK" ] || PEAK=$memory
	done
}
peak $((SECONDS_ALL / 2))
first=$PEAK
peak $((SECONDS_ALL / 2))
sleep 6 # clients that do not read have five seconds
within "$(seconds 15)" reach alpha beta || fail "alpha does not reach beta"
within "$(seconds 15)" reach out alpha || fail "nobody reaches alpha"
[ -n "$LAB_SLOW" ] || row "everything at once, $SECONDS_ALL s: memory at the most, KiB more in the second half than in the first" $((PEAK - first)) "<=" 1024
row "everything at once: memory at the end, KiB" "$(memory_kib alpha)" "<=" "$([ -n "$LAB_SLOW" ] && echo 200000 || echo 32768)"
row "everything at once: descriptors at the end, more than a node without clients" $(($(descriptors alpha) - $(descriptors beta))) "==" 0
row "everything at once: log lines a second" $(($(log_lines alpha) / SECONDS_ALL)) "<=" 20
lab_stop_all
