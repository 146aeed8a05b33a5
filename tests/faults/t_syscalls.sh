#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each system call of the steady state fails for two seconds under traffic: afterwards frames flow, or the
# daemon has ended with exit status 3 and a line that says why. Which calls these are is asked of strace, so
# that none is forgotten. Then no descriptor is to be had.
# run: whole

# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$(dirname "$0")/faults.sh"

lab_nodes 2 family=46
# shellcheck disable=SC2119 # without settings
lab_config
lab_start_all
lab_announced
expect_reach alpha beta
LOG=$LAB_DIR/alpha.log

# load SECONDS: traffic both ways, requests, a client that watches, a reload, changes of addresses and links.
load() {
	local end=$((SECONDS + $1)) watching
	on alpha ping -n -i 0.02 -w "$1" 12.12.4.102 >/dev/null 2>&1 &
	on out ping -n -i 0.02 -w "$1" 12.12.4.101 >/dev/null 2>&1 &
	timeout "$1" "$CLUSTERARPCTL" -s "$(socket_of alpha)" monitor >/dev/null 2>&1 &
	watching=$!
	while [ "$SECONDS" -lt "$end" ]; do
		timeout 1 "$CLUSTERARPCTL" -s "$(socket_of alpha)" status >/dev/null 2>&1 || true
		kill -HUP "${LAB_PID[alpha]}" 2>/dev/null || true
		forget alpha 12.12.4.102 2>/dev/null || true
		ip -n alpha addr add 12.12.4.177/32 dev cluster0 2>/dev/null || true
		ip -n alpha addr del 12.12.4.177/32 dev cluster0 2>/dev/null || true
		ip -n alpha link set eth0 txqueuelen $((900 + SECONDS % 50)) 2>/dev/null || true
		ip -n alpha link set cluster0 txqueuelen $((900 + SECONDS % 50)) 2>/dev/null || true
		sleep 0.2
	done
	wait "$watching" || true
}
traced() { [ "$(awk '/^TracerPid/ { print $2 }' "/proc/${LAB_PID[alpha]}/status" 2>/dev/null)" != 0 ]; }
# trace OPTION…: until untrace.
trace() {
	strace -f -q -p "${LAB_PID[alpha]}" "$@" 2>"$LAB_DIR/strace" &
	STRACE=$!
	within "$(seconds 5)" traced || fail "strace: $(cat "$LAB_DIR/strace")"
}
untrace() {
	kill -INT "$STRACE" 2>/dev/null || true
	wait "$STRACE" 2>/dev/null || true
}

trace -c -o "$LAB_DIR/calls"
load 4
untrace
# rt_sigreturn(2) never fails.
mapfile -t CALLS < <(awk '/^ *[0-9.]+ / && $NF !~ /^(total|rt_sigreturn)$/ { print $NF }' "$LAB_DIR/calls" | sort)
expect_num "system calls of the steady state" "${#CALLS[@]}" ">=" 8

# fails CALL ERROR
fails() {
	local call=$1 what="$1 fails with $2 for 2 s" calls rc=0
	trace -e "trace=$call" -e "inject=$call:error=$2" -o "$LAB_DIR/trace"
	load 2
	untrace
	calls=$(grep -c INJECTED "$LAB_DIR/trace" || true)
	if ! lab_alive alpha; then
		wait "${LAB_PID[alpha]}" || rc=$?
		row_is "$what" "exit $rc: $(tail -n 1 "$LOG" | sed 's/^clusterarpd: //')" "exit 3: .*[a-z].*"
		unset "LAB_PID[alpha]"
		lab_start alpha
		within "$(seconds 5)" reach alpha beta || fail "$what: started again, alpha does not reach beta: $(tail -n 3 "$LOG")"
		return
	fi
	within "$(seconds 5)" reach alpha beta || fail "$what: alpha does not reach beta: $(tail -n 3 "$LOG")"
	within "$(seconds 5)" reach out alpha || fail "$what: nobody reaches alpha: $(tail -n 3 "$LOG")"
	within "$(seconds 5)" lab_up alpha || fail "$what: no answer on the control socket"
	if [ "$calls" -eq 0 ]; then
		note "$what" "not called meanwhile" ""
		return
	fi
	row_is "$what" "forwards, after $calls calls" "forwards, after [0-9]+ calls"
	expect_num "$what: calls" "$calls" "<=" 2000
}
for call in "${CALLS[@]}"; do
	fails "$call" EIO
	[ -n "$FAULTS_SHORT" ] || fails "$call" ENOMEM
done

# --- no descriptor ---

limit() { prlimit --pid "${LAB_PID[alpha]}" --nofile="$1"; }
soft=$(prlimit --pid "${LAB_PID[alpha]}" --nofile --noheadings --output SOFT)
hard=$(prlimit --pid "${LAB_PID[alpha]}" --nofile --noheadings --output HARD)
# The limit is on the number of a new descriptor, which is the lowest that is free.
free() {
	local n=0
	while [ -e "/proc/${LAB_PID[alpha]}/fd/$n" ]; do n=$((n + 1)); done
	echo "$n"
}
sleep 0.5 # the last client is gone
limit "$(free):$hard"
pings_begin alpha 12.12.4.102
! ctl alpha status >/dev/null 2>&1 || fail "a client is served without a descriptor"
kill -HUP "${LAB_PID[alpha]}"
pings_end "no descriptor to be had" 200
row "no descriptor to be had: pings lost" "$(ping_answers "$LAB_DIR/ping" | cut -d ' ' -f 2)" "==" 0
ip -n alpha link del eth0
lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
ip -n alpha link set eth0 up
sleep 1
if lab_alive alpha; then
	limit "$soft:$hard"
	within "$(seconds 20)" reach alpha beta || fail "there are descriptors again: alpha does not reach beta: $(tail -n 5 "$LOG")"
	within "$(seconds 5)" lab_up alpha || fail "there are descriptors again: no answer"
	row_is "the NIC is replaced while there is none" "forwards when there is" "forwards when there is"
	lab_stop_all
else
	rc=0
	wait "${LAB_PID[alpha]}" || rc=$?
	row_is "the NIC is replaced while there is none" "exit $rc: $(tail -n 1 "$LOG")" "exit 3: .*[a-z].*"
fi
