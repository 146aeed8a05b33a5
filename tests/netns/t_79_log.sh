#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where log lines go: with -D, to standard error with the time; with --syslog, to a log daemon that
# this test plays, which is started again, is absent, and does not read.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config adopt=no
SYSLOG=$LAB_DIR/syslog
: >"$SYSLOG"

# A /dev of this test's own, for /dev/log.
mkdir -p /run/dev/net
for device in null zero random urandom net/tun; do
	touch "/run/dev/$device"
	mount --bind "/dev/$device" "/run/dev/$device"
done
ln -s /proc/self/fd /run/dev/fd
mount --rbind /run/dev /dev

daemon() { ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha -s "$(socket_of alpha)" "$@"; }
reload() { ctl alpha reload >/dev/null || fail "no reload"; }
syslog_has() { grep -qE -- "$1" "$SYSLOG"; }
expect_syslog() {
	within "$(seconds 2)" syslog_has "$2" || fail "$1: no '$2' in $(cat "$SYSLOG")"
	ok "$1: $(grep -Em 1 -- "$2" "$SYSLOG")"
}
# The log daemon: writes what it gets to $SYSLOG, a line each.
syslog_listens() { [ -S /dev/log ]; }
syslog_start() {
	rm -f /dev/log
	/usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
while True:
    print(s.recv(65536).decode(), flush=True)' >>"$SYSLOG" &
	SYSLOGD=$!
	within "$(seconds 5)" syslog_listens || fail "no /dev/log"
}
syslog_stop() {
	kill -KILL "$SYSLOGD"
	wait "$SYSLOGD" 2>/dev/null || true
}
background() { LAB_PID[alpha]=$(cat /run/clusterarpd/alpha/pid); }
# The process is nobody's child here.
end_background() {
	kill -TERM "${LAB_PID[alpha]}"
	within "$(seconds 10)" lab_dead alpha || fail "the daemon in the background does not end"
}
mkdir -p /run/clusterarpd/alpha

# --- the time ---

before=$(date +%s)
TZ=ABC-5:45 expect_rc 0 "-D" bash -c "$(declare -f daemon socket_of)
	export LAB_CONF=$LAB_CONF; daemon -D -p /run/clusterarpd/alpha/pid 2>>$LAB_DIR/alpha.log"
background
reload
end_background
STAMP='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}\+05:45'
expect_num "-D: lines" "$(grep -cE "^$STAMP clusterarpd: [^ ]" "$LAB_DIR/alpha.log")" ">=" 4
expect "-D: lines without the time" 0 "$(grep -cvE "^$STAMP clusterarpd: [^ ]" "$LAB_DIR/alpha.log" || true)"
logged=$(date +%s -d "$(head -n 1 "$LAB_DIR/alpha.log" | cut -d ' ' -f 1)")
expect_num "-D: the time of the first line, since the command" $((logged - before)) ">=" 0
expect_num "-D: the time of the first line, until now" $(($(date +%s) - logged)) ">=" 0

: >"$LAB_DIR/alpha.log"
lab_start alpha
expect "in the foreground: lines without the time" "$(wc -l <"$LAB_DIR/alpha.log")" \
	"$(grep -c '^clusterarpd: ' "$LAB_DIR/alpha.log")"
lab_stop alpha

# --- syslog ---

: >"$LAB_DIR/alpha.log"
syslog_start
lab_start alpha -- --syslog
TIME='[A-Z][a-z]{2} [ 1-3][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}'
expect_syslog "--syslog" "^<29>$TIME clusterarpd\[${LAB_PID[alpha]}\]: node alpha on eth0, 1 peer\$"
on alpha ip addr add 12.99.0.1/24 dev eth0
expect_syslog "a warning" "^<28>$TIME clusterarpd\[${LAB_PID[alpha]}\]: eth0 has the address 12.99.0.1/24"
on alpha ip addr del 12.99.0.1/24 dev eth0
expect "lines on standard error" 0 "$(wc -l <"$LAB_DIR/alpha.log")"

syslog_stop
: >"$SYSLOG"
reload
within "$(seconds 2)" grep -q 'loaded, 0 changes' "$LAB_DIR/alpha.log" || fail "no log daemon: the line is lost"
ok "no log daemon: $(grep -m 1 loaded "$LAB_DIR/alpha.log")"
syslog_start
reload
expect_syslog "the log daemon is back" 'loaded, 0 changes$'

# It does not read: its queue gets full (net.unix.max_dgram_qlen is 10).
kill -STOP "$SYSLOGD"
: >"$LAB_DIR/alpha.log"
start=$(now_ms)
full() {
	reload
	[ -s "$LAB_DIR/alpha.log" ]
}
within "$(seconds 20)" full || fail "the log daemon does not read: nothing on standard error"
expect_num "the log daemon does not read: ms until lines go to standard error" $(($(now_ms) - start)) "<" "$(seconds 20)000"
expect_reach out alpha
kill -CONT "$SYSLOGD"
taken() {
	: >"$LAB_DIR/alpha.log"
	reload
	[ ! -s "$LAB_DIR/alpha.log" ]
}
within "$(seconds 5)" taken || fail "the log daemon reads again, but lines go to standard error"
ok "the log daemon reads again"
lab_stop alpha
expect_syslog "a stop" 'clusterarpd\[[0-9]*\]: stopping$'

# In the background nothing holds standard error open; what goes wrong before is there, too.
: >"$SYSLOG"
said=$(timeout 20 bash -c "$(declare -f daemon socket_of); LAB_CONF=$LAB_CONF
	daemon -D --syslog -p /run/clusterarpd/alpha/pid" 2>&1) || fail "-D --syslog: $said"
ok "-D --syslog: standard error is closed when the command returns"
background
[[ $said != *"node alpha on eth0"* ]] || fail "-D --syslog: after the start lines go to standard error: $said"
expect_syslog "-D --syslog" "clusterarpd\[${LAB_PID[alpha]}\]: node alpha on eth0, 1 peer\$"
end_background
ip -n alpha tuntap add mode tun name tun9 # it has no Ethernet header
lab_config adopt=no interface=tun9
expect_rc 3 "-D --syslog with a tun" ip netns exec alpha "$CLUSTERARPD" -D --syslog -c "$LAB_CONF" -n alpha \
	-s "$(socket_of alpha)"
grep -q 'clusterarpd: tun9 is not an Ethernet interface' "$LAB_DIR/output" ||
	fail "-D --syslog with a tun: nothing on standard error: $(cat "$LAB_DIR/output")"
expect_syslog "-D --syslog with a tun" '^<27>.*: tun9 is not an Ethernet interface'
echo bogus >>"$LAB_CONF"
expect_rc 1 "--syslog with an invalid file" ip netns exec alpha "$CLUSTERARPD" --syslog -c "$LAB_CONF" -n alpha
expect_syslog "--syslog with an invalid file" '^<27>.*/clusterarpd.conf is invalid: clusterarpd -t tells its errors'
syslog_stop
