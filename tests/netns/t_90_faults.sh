#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# System calls that fail (strace -e inject): what lasts neither fills the log nor uses the CPU, and when it
# is over the traffic flows. A TAP that is deleted while it is made again is made once more. Files that
# somebody else has prepared in the runtime directory are not followed, and do not hold the start up.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config
lab_start_all
expect_reach alpha beta
SOCKET=$(socket_of alpha)
LOG=$LAB_DIR/alpha.log
TRACE=$LAB_DIR/trace

tap_index() { on alpha cat /sys/class/net/cluster0/ifindex 2>/dev/null; }
lines() { wc -l <"$LOG"; }
injected() { grep -c INJECTED "$TRACE" || true; }

# faulty OPTION…: alpha's daemon has faults from now on, until well_again.
faulty() {
	: >"$TRACE"
	strace -q -o "$TRACE" -p "${LAB_PID[alpha]}" "$@" 2>"$LAB_DIR/strace" &
	STRACE=$!
	within "$(seconds 5)" traced || fail "strace: $(cat "$LAB_DIR/strace")"
}
traced() { [ "$(awk '/^TracerPid/ { print $2 }' "/proc/${LAB_PID[alpha]}/status")" != 0 ]; }
well_again() {
	kill -INT "$STRACE"
	wait "$STRACE" 2>/dev/null || true
}

# --- a call that fails for three seconds ---

# lasting WHAT CALL ERROR STRACE-OPTION…
lasting() {
	local what=$1 call=$2 before tap
	tap=$(tap_index) before=$(lines)
	faulty -e "trace=$call" -e "inject=$call:error=$3" "${@:4}"
	on alpha ping -n -c 30 -i 0.1 -W 1 "$(addr_of beta)" >/dev/null 2>&1 &
	on out ping -n -c 30 -i 0.1 -W 1 "$(addr_of alpha)" >/dev/null 2>&1 || true
	wait $! || true
	ctl alpha status >/dev/null || fail "$what: the control socket does not answer meanwhile"
	well_again
	expect_num "$what: calls that failed" "$(injected)" ">=" 3
	expect_num "$what: calls that failed" "$(injected)" "<=" 100 # a spinning one fails 100,000 times
	expect_num "$what: log lines" $(($(lines) - before)) "<=" 3
	expect "$what: the TAP" "$tap" "$(tap_index)"
	within "$(seconds 3)" reach alpha beta || fail "$what: alpha does not reach beta when it is over"
	within "$(seconds 3)" reach out alpha || fail "$what: nobody reaches alpha when it is over"
	ok "$what: over"
}
lasting "reading the TAP" read EIO -P /dev/net/tun
[ "$LAB_DATAPATH" = kernel ] || lasting "receiving from the NIC" recvmmsg EIO
lasting "receiving from the NIC: no memory" recvmmsg ENOMEM

# --- a TAP that is deleted while it is made ---

another_tap() { [ -n "$(tap_index)" ] && [ "$(tap_index)" != "$tap" ]; }
faulty -e trace=ioctl -e inject=ioctl:delay_exit=300000
for i in 1 2 3; do
	tap=$(tap_index)
	on alpha ip link del cluster0
	within "$(seconds 5)" another_tap || fail "no new TAP: $(tail -n 5 "$LOG")"
done
well_again
within "$(seconds 5)" reach alpha beta || fail "after a TAP that was deleted three times: $(tail -n 5 "$LOG")"
ok "a TAP that was deleted three times while it was made"
expect "the daemon" "${LAB_PID[alpha]}" "$(pgrep -o -f "clusterarpd .*-n alpha" || true)"

# --- files of others ---

lab_stop alpha
RECORD=$SOCKET.eth0.json
echo precious >"$LAB_DIR/precious"
ln -s "$LAB_DIR/precious" "$RECORD.new"
ln -s "$LAB_DIR/precious" "$SOCKET.eth0.adopted.json.new"
ip -n alpha addr add 10.9.0.1/24 dev eth0 # something to adopt
lab_start alpha
expect "adopted" "10.9.0.1/24" "$(jq -r '.items[] | select(.kind == "address") | .prefix' "$SOCKET.eth0.adopted.json")"
expect "what a link at the record's place points to" precious "$(cat "$LAB_DIR/precious")"
expect "mode of the record" 600 "$(stat -c %a "$RECORD")"
lab_kill alpha
rm "$RECORD"
mkfifo "$RECORD"
lab_start alpha
expect_reach alpha beta
ok "a FIFO as record does not hold up the start"
lab_stop alpha
rm -f "$RECORD"
ln -s "$LAB_DIR/precious" /run/pid
expect_rc 3 "a link as process ID file" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha -s "$SOCKET" -p /run/pid
expect "what it points to" precious "$(cat "$LAB_DIR/precious")"
lab_start alpha
on alpha ping -n -q -i 0.05 -w 20 "$(addr_of beta)" >/dev/null 2>&1 &
ln -s "$LAB_DIR/precious" "$LAB_DIR/link.pcapng"
expect_rc 1 "a link as capture file" "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/link.pcapng" --count 1
expect "what it points to" precious "$(cat "$LAB_DIR/precious")"
echo bait >"$LAB_DIR/bait.pcapng"
chown nobody "$LAB_DIR/bait.pcapng"
expect_rc 1 "somebody else's capture file" "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/bait.pcapng" --count 1
expect "what it has" bait "$(cat "$LAB_DIR/bait.pcapng")"
expect_rc 0 "a capture to /dev/stdout" "$CLUSTERARPCTL" -s "$SOCKET" capture -w /dev/stdout --count 1
lab_stop_all

# --- a server that is not the daemon ---

# serve TEXT [TIMES]: answers one client with the text, so often; $LAB_DIR/sent: how often until it left.
serve() {
	/usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
c, _ = s.accept()
text = sys.argv[2].encode().decode("unicode_escape").encode("latin-1")
sent = 0
try:
    for sent in range(int(sys.argv[3])):
        c.sendall(text)
except OSError:
    pass
print(sent)
' "$LAB_DIR/fake" "$1" "${2:-1}" >"$LAB_DIR/sent" &
	SERVER=$!
	within "$(seconds 5)" test -S "$LAB_DIR/fake"
}
served() {
	wait "$SERVER" || true
	rm "$LAB_DIR/fake"
}
serve '{"event":"echo","ts":"2026-01-01T00:00:00.\\u001b[31mZ"}\n'
"$CLUSTERARPCTL" -s "$LAB_DIR/fake" monitor >"$LAB_DIR/output" 2>/dev/null || true
served
expect "escapes in an event's time" 0 "$(grep -c $'\033' "$LAB_DIR/output" || true)"
grep -q 'a frame of this node came back' "$LAB_DIR/output" || fail "the event: $(cat "$LAB_DIR/output")"
serve "$(printf '%065536d' 0)" 32768 # 2 GiB
expect_rc 3 "a line without an end" "$CLUSTERARPCTL" -s "$LAB_DIR/fake" status
served
expect_num "64 KiB of it that the client took" "$(cat "$LAB_DIR/sent")" "<=" 1100
