#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# States of NIC and TAP while the daemon runs: the NIC is renamed, is absent at the start, is put
# into a bridge. In no lasting state does the daemon use CPU time. The carrier changes 200 times,
# as fast as it can be set.
#
# run: alone
# run: plain

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

TICKS=$(seconds 3)       # of 10 ms in 1.5 s: 2 % of a core; a loop that spins takes all of it
TICKS_BUSY=$(seconds 10) # with 500 frames a second that arrive and are read
lab_nodes 2
NIC=$(nic_mac alpha)
lab_config
lab_start beta

said() { grep -cE -- "$1" "$LAB_DIR/alpha.log" || true; }
has_more_than() { [ "$(wc -l <"$LAB_DIR/alpha.log")" -gt "$1" ]; }
has_said() { grep -qE -- "$1" "$LAB_DIR/alpha.log"; }
expect_said() {
	within "$(seconds 2)" has_said "$1" || fail "no log line with '$1'"
	ok "log line: $(grep -Em 1 -- "$1" "$LAB_DIR/alpha.log")"
}
start() {
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
}
status() { ctl alpha -j status | jq -r ".$1"; }
status_is() { [ "$(status "$1")" = "$2" ]; }
carrier_is() { [ "$(on alpha cat /sys/class/net/cluster0/carrier 2>/dev/null)" = "$1" ]; }
expect_carrier() {
	within "$(seconds 1)" carrier_is "$2" || fail "$1: the TAP's carrier is not $2"
	ok "$1: the TAP's carrier is $2"
}
filters() { lab_programs alpha "$1" "$2" | wc -l; }
renew() { lab_veth alpha eth0 "$NIC" p_alpha; }

ticks() { awk '{ print $14 + $15 }' "/proc/${LAB_PID[alpha]}/stat"; }
# expect_idle WHAT [TICKS]: the daemon uses almost no CPU time in 1.5 s.
expect_idle() {
	local before
	sleep 0.2
	before=$(ticks)
	sleep 1.5
	expect_num "$1: ticks of CPU time (10 ms)" $(($(ticks) - before)) "<=" "${2:-$TICKS}"
	lab_up alpha || fail "$1: the daemon does not answer"
}
# hammer HOST ADDRESS: sends about 500 packets a second, until hammer_no_more. (A flood ping sends
# only 100 a second if none is answered.)
hammer() {
	timeout 60 ip netns exec "$1" /usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        s.sendto(bytes(56), (sys.argv[1], 9))
    except OSError:
        pass
    time.sleep(0.002)' "$2" >/dev/null 2>&1 &
	HAMMER=$!
}
hammer_no_more() {
	kill "$HAMMER" 2>/dev/null || true
	wait "$HAMMER" 2>/dev/null || true
}

# --- renamed ---

lab_snapshot alpha | sort >"$LAB_DIR/before" # sorted: down and up reorders the multicast groups
start
expect_reach out alpha
on alpha ip link set eth0 down
on alpha ip link set eth0 name wan0
on alpha ip link set wan0 up
expect_reach out alpha
expect_reach beta alpha
expect_said 'eth0 was renamed to wan0'
within "$(seconds 1)" status_is cluster.dev wan0 || true
expect "device in status" wan0 "$(status cluster.dev)"

# Another device gets the name eth0, and is up.
ip -n alpha link add eth0 type veth peer name other0
ip -n alpha link set eth0 addrgenmode none up
ip -n alpha link set other0 addrgenmode none up
sleep 0.5
expect "device in status" wan0 "$(status cluster.dev)"
expect "filters on the new eth0" 0/0 "$(filters eth0 ingress)/$(filters eth0 egress)"
expect "clsact qdiscs on it" "" "$(on alpha tc qdisc show dev eth0 | grep clsact || true)"
expect "its promiscuity" 0 "$(on alpha ip -d -j link show eth0 | jq '.[0].promiscuity')"
expect "log lines that the daemon is on eth0" 1 "$(said 'node alpha on eth0')"
ip -n alpha link set eth0 down
ip -n alpha link del eth0
expect_reach out alpha

# Renamed while up, which newer kernels allow.
lab_rename alpha wan0 lan0 || true
expect_said 'wan0 was renamed to lan0'
within "$(seconds 1)" status_is cluster.dev lan0 || true
expect "device in status" lan0 "$(status cluster.dev)"
expect_reach out alpha
lab_rename alpha lan0 wan0 || true
ping_all_pairs
lab_stop alpha
on alpha ip link set wan0 down
on alpha ip link set wan0 name eth0
on alpha ip link set eth0 up
lab_snapshot alpha | sort >"$LAB_DIR/after"
expect_unchanged "renamed, stopped" "$LAB_DIR/before" "$LAB_DIR/after"

# --- absent at the start ---

# hang_up: on SIGHUP the daemon logs a line and keeps running.
hang_up() {
	local lines
	lines=$(wc -l <"$LAB_DIR/alpha.log")
	kill -HUP "${LAB_PID[alpha]}"
	within "$(seconds 2)" has_more_than "$lines" || fail "absent: no log line about SIGHUP"
	lab_up alpha || fail "absent: SIGHUP ends the daemon"
	ok "absent: SIGHUP: $(tail -n 1 "$LAB_DIR/alpha.log")"
}
# stop_quickly WHAT
stop_quickly() {
	local began
	began=$(now_ms)
	lab_stop alpha
	expect_num "$1: ms from SIGTERM to exit status 0" $(($(now_ms) - began)) "<=" "$(seconds 2)000"
}
ip -n alpha link del eth0
start
expect_said 'waiting for eth0'
expect "absent: carrier in status" false "$(status link.carrier)"
expect "absent: device in status" eth0 "$(status cluster.dev)"
expect_rc 0 "absent: clusterarpctl" "$CLUSTERARPCTL" -s "$(socket_of alpha)" status
expect_carrier "absent" 0
expect_idle "absent"
hang_up
stop_quickly "absent"
start
expect_carrier "absent" 0
hang_up
renew
expect_reach beta alpha
expect_reach alpha out
expect_carrier "present" 1
expect_said 'node alpha on eth0'
within "$(seconds 1)" status_is link.carrier true || true
expect "present: carrier in status" true "$(status link.carrier)"
ping_all_pairs

# Moved to another network namespace, and back.
ip netns add elsewhere
: >"$LAB_DIR/alpha.log"
ip -n alpha link set eth0 netns elsewhere
expect_said 'eth0 is gone'
expect_carrier "in another namespace" 0
ip -n elsewhere link set eth0 netns alpha
expect_reach beta alpha
expect_reach alpha out
expect_carrier "moved back" 1
expect "moved back: the shield's filters" 1/1 "$(filters eth0 ingress)/$(filters eth0 egress)"
lab_stop alpha

# The NIC is present, but the cable is not plugged in.
ip -n alpha link set eth0 up
ip -n sw link set p_alpha down
start
expect_carrier "no cable at the start" 0
sleep 0.5
expect_carrier "no cable, half a second later" 0
expect "no cable: carrier in status" false "$(status link.carrier)"
ip -n sw link set p_alpha up
expect_carrier "the cable is plugged in" 1
expect_reach beta alpha
expect_reach alpha out

# --- in a bridge ---

ip -n alpha link add bridge0 type bridge
ip -n alpha link set bridge0 addrgenmode none up
: >"$LAB_DIR/alpha.log"
ip -n alpha link set eth0 master bridge0
expect_said 'eth0 is a port of bridge0,.*ip link set eth0 nomaster'
expect_reach beta alpha

# --- idle ---

expect_idle "in a bridge"
ip -n alpha link set eth0 nomaster
ip -n alpha link del bridge0
expect_reach beta alpha
expect_idle "in normal operation"
ip -n sw link set p_alpha down
expect_carrier "cable out" 0
expect_idle "cable out"
hammer alpha 12.12.4.200
expect_idle "cable out, and alpha sends"
hammer_no_more
ip -n sw link set p_alpha up
expect_carrier "cable in" 1
ip -n alpha link set eth0 down
expect_carrier "NIC down" 0
expect_idle "NIC down"
hammer alpha 12.12.4.200
expect_idle "NIC down, and alpha sends"
hammer_no_more
ip -n alpha link set eth0 up
expect_reach beta alpha
ip -n alpha link set cluster0 down
expect_said 'cluster0 was set down'
expect_idle "TAP down"
before=$(counter alpha .drops.tap_busy)
hammer beta 12.12.4.101
expect_idle "TAP down, and beta sends" "$TICKS_BUSY"
hammer_no_more
expect_num "frames that the TAP did not accept" $(($(counter alpha .drops.tap_busy) - before)) ">=" 300
ip -n alpha link set cluster0 up
expect_said 'cluster0 was set up'
expect_reach beta alpha
ip -n alpha link del eth0
expect_carrier "NIC absent" 0
expect_idle "NIC absent"
hammer alpha 12.12.4.200
expect_idle "NIC absent, and alpha sends"
hammer_no_more
ip -n alpha link set cluster0 down
expect_idle "NIC absent and TAP down"
ip -n alpha link set cluster0 up
expect_carrier "NIC absent, TAP up again" 0
renew
expect_reach beta alpha
ping_all_pairs

# --- flapping ---

# flap WHAT HOST LINK: sets the link down and up, 100 times.
flap() {
	local i lines before
	for i in {1..100}; do printf 'link set %s down\nlink set %s up\n' "$3" "$3"; done >"$LAB_DIR/batch"
	lines=$(wc -l <"$LAB_DIR/alpha.log") before=$(now_ms)
	timeout 60 ip netns exec beta ping -n -q -i 0.005 -W "$LAB_REPLY" 12.12.4.101 >/dev/null 2>&1 &
	HAMMER=$!
	ip -n "$2" -batch "$LAB_DIR/batch"
	say "$1: 200 changes in $(($(now_ms) - before)) ms"
	hammer_no_more
	lab_up alpha || fail "$1: the daemon does not answer"
	expect_reach beta alpha
	expect_reach out alpha
	expect_carrier "$1" 1
	say "$1: $(($(wc -l <"$LAB_DIR/alpha.log") - lines)) lines in the log"
}
fds() { find "/proc/${LAB_PID[alpha]}/fd" -mindepth 1 | wc -l; }
before=$(fds)
flap "the cable flaps" sw p_alpha
flap "the NIC is set down and up" alpha eth0
flap "the TAP is set down and up" alpha cluster0
expect "file descriptors" "$before" "$(fds)"
expect "the shield's filters" 1/1 "$(filters eth0 ingress)/$(filters eth0 egress)"
ping_all_pairs
lab_stop_all
