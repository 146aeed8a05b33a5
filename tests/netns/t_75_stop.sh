#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Signals and files: repeated SIGTERM does not disturb a clean stop; a process ID file that cannot
# be written, an empty path, and relative paths.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1 family=46
lab_config
lab_snapshot alpha >"$LAB_DIR/before"
DIR=/run/clusterarpd/alpha
PROGRAM=$(realpath "$CLUSTERARPD")
mkdir -p "$DIR"

expect_as_before() {
	lab_snapshot alpha >"$LAB_DIR/after"
	cmp -s "$LAB_DIR/before" "$LAB_DIR/after" && [ -z "$(ls "$DIR")" ] && return
	expect_unchanged "$1" "$LAB_DIR/before" "$LAB_DIR/after"
	expect "$1: files left" "" "$(ls "$DIR")"
}

# until_death PID: sends SIGTERM as fast as possible until the process is gone, so that signals
# arrive at every moment of the stop.
until_death() {
	timeout -k 1 "$(seconds 10)" /usr/bin/python3 -c '
import os, signal, sys
try:
    while True:
        os.kill(int(sys.argv[1]), signal.SIGTERM)
except ProcessLookupError:
    pass' "$1"
}
rounds=$([ -n "$LAB_SLOW" ] && echo 20 || echo 40)
for ((round = 1; round <= rounds; round++)); do
	lab_start alpha -- -p "$DIR/pid"
	until_death "${LAB_PID[alpha]}" || fail "round $round: the daemon does not end"
	rc=0
	wait "${LAB_PID[alpha]}" || rc=$?
	[ "$rc" -eq 0 ] || fail "repeated SIGTERM, round $round: exit status $rc"
	expect_as_before "repeated SIGTERM, round $round"
done
lab_log_clean alpha
ok "repeated SIGTERM, $rounds rounds: exit status 0, nothing left"

# SIGINT ends the daemon, too; SIGHUP, before and during the stop, does not.
lab_start alpha
kill -HUP "${LAB_PID[alpha]}"
sleep 0.2
lab_up alpha || fail "SIGHUP ends the daemon"
kill -INT "${LAB_PID[alpha]}"
kill -HUP "${LAB_PID[alpha]}" 2>/dev/null || true
within "$(seconds 10)" lab_dead alpha || fail "the daemon does not end on SIGINT"
rc=0
wait "${LAB_PID[alpha]}" || rc=$?
expect "exit status on SIGINT" 0 "$rc"
expect_as_before "SIGINT"

daemon() {
	expect_rc "$1" "$2" ip netns exec alpha "$PROGRAM" -c "$LAB_CONF" -n alpha "${@:3}"
	[ -s "$LAB_DIR/output" ] || fail "$2: no line about it"
	expect_as_before "$2"
}
daemon 3 "-p /nonexistent/x" -s "$DIR/control.sock" -p /nonexistent/x
daemon 3 "-p /nonexistent/x in the background" -D -s "$DIR/control.sock" -p /nonexistent/x
daemon 2 "-s ''" -s ""
daemon 2 "-p ''" -s "$DIR/control.sock" -p ""

# Relative paths start at the caller's directory, although the background daemon changes to /.
cp "$LAB_CONF" /run/relative.conf
cd "$DIR"
expect_rc 0 "relative paths and -D" ip netns exec alpha \
	"$PROGRAM" -D -c ../../relative.conf -n alpha -s control.sock -p pid
LAB_PID[alpha]=$(cat "$DIR/pid")
lab_alive alpha || fail "the process ID file does not have the PID of a process"
expect "its working directory" / "$(readlink "/proc/${LAB_PID[alpha]}/cwd")"
lab_up alpha || fail "no answer on the control socket"
expect "in the background: the files" "control.sock control.sock.eth0.json pid" "$(cd "$DIR" && echo *)"
kill -TERM "${LAB_PID[alpha]}"
within "$(seconds 10)" lab_dead alpha || fail "the daemon in the background does not end"
expect_as_before "in the background"
ok "in the background: nothing left"
