#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Failures give an error line and exit status 3, and leave the NIC unchanged: a full disk, a filter
# in the way, a user namespace, signals at bad moments. A NIC that was down is down again after a
# clean stop. (A TAP that is deleted: t_28_renewed.)
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2 family=46
lab_config
lab_start beta
lab_snapshot alpha >"$LAB_DIR/before"

expect_as_before() {
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "$1" "$LAB_DIR/before" "$LAB_DIR/after"
}
daemon() {
	local what=$1
	shift
	expect_rc 3 "$what" ip netns exec alpha "${LAB_WITH[@]}" "$CLUSTERARPD" -c "$LAB_CONF" -n alpha "$@"
	[ -s "$LAB_DIR/output" ] || fail "$what: no line about it"
	expect_as_before "$what"
}
said() { grep -Eq -- "$1" "$2" || fail "expected a line with '$1', saw: $(head -n 20 "$2")"; }

mkdir -p /run/full
mount -t tmpfs -o size=4k full /run/full
head -c 4096 /dev/zero >/run/full/fill 2>/dev/null || true
daemon "no room for the record" -s /run/full/control.sock
said 'No space left on device' "$LAB_DIR/output"
expect "files left on the full disk" fill "$(ls /run/full)"

on alpha tc qdisc add dev eth0 clsact
on alpha tc filter add dev eth0 ingress prio 1 protocol ip u32 match u32 0 0 flowid 1:1
lab_snapshot alpha >"$LAB_DIR/before"
lab_preload no_tcx
daemon "a filter of another kind at priority 1" -s "$(socket_of alpha)"
lab_preload
said 'cannot attach the shield' "$LAB_DIR/output"
on alpha tc qdisc del dev eth0 clsact

# An unprivileged container: its capabilities do not count for eBPF.
cat >"$LAB_DIR/container" <<'C'
mkdir "$1"
ip link add eth0 type veth peer name peer0
exec "$2" -c "$3" -n alpha -s "$1/control.sock"
C
expect_rc 3 "in a user namespace" unshare --user --map-root-user --net \
	bash "$LAB_DIR/container" "$LAB_DIR/run" "$CLUSTERARPD" "$LAB_CONF"
said 'CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN in the initial user namespace' "$LAB_DIR/output"
! grep -q RLIMIT "$LAB_DIR/output" || fail "advice that does not help: $(cat "$LAB_DIR/output")"

# A second daemon does not change or remove the first one's process ID file.
on alpha ip link set eth0 down
lab_snapshot alpha >"$LAB_DIR/before"
lab_start alpha -- -p /run/pid
expect "the process ID file" "${LAB_PID[alpha]}" "$(cat /run/pid)"
expect_rc 3 "a second daemon with the same process ID file" ip netns exec alpha "$CLUSTERARPD" \
	-c "$LAB_CONF" -n alpha -s /run/clusterarpd/second.sock -p /run/pid
expect "the process ID file after it" "${LAB_PID[alpha]}" "$(cat /run/pid)"
expect "the NIC, which was down, is up" up \
	"$(on alpha ip -j link show eth0 | jq -r 'if .[].flags | index("UP") then "up" else "down" end')"
expect_reach alpha beta
LAB_FAMILY=6 expect_reach alpha beta
lab_stop alpha
expect_as_before "a NIC that was down"
on alpha ip link set eth0 up
lab_snapshot alpha >"$LAB_DIR/before"

# SIGTERM at several moments of the start: the NIC is as before, however far the start got.
for delay in 0 0.001 0.002 0.003 0.004 0.006 0.008 0.012 0.02 0.03; do
	ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha -s "$(socket_of alpha)" \
		>>"$LAB_DIR/alpha.log" 2>&1 &
	pid=$!
	sleep "$delay"
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 0 ] || [ "$rc" -eq 143 ] || fail "SIGTERM after $delay s: exit status $rc"
	lab_snapshot alpha >"$LAB_DIR/after"
	cmp -s "$LAB_DIR/before" "$LAB_DIR/after" || expect_as_before "SIGTERM after $delay s"
done
ok "SIGTERM at ten moments of the start: nothing differs"
lab_stop beta
