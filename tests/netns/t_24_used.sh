#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A NIC that was down and that the daemon has set up (SPEC 5). A stop sets it down, unless another
# program uses it by then: it has an address, is a port of another interface, or was set down and
# up. The same when a run after a crash puts the NIC back, because the file is invalid.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
BAD=$LAB_DIR/bad.conf
printf '[cluster]\ninterface = eth0\nadress = 12.12.4.100/24\n' >"$BAD"
LAB_ADDR[host]=12.12.4.150
ip -n alpha link add bridge0 type bridge
ip -n alpha link set bridge0 addrgenmode none

eth0() { on alpha ip -j link show eth0 | jq -r 'if .[].flags | index("UP") then "up" else "down" end'; }
said() { grep -q "$1" "$LAB_DIR/alpha.log"; }
recorded_up() { jq -e .was_up "$(socket_of alpha).eth0.json" >/dev/null; }
stop() { lab_stop alpha; }
# crash_and_mistake: the restart that finds a mistake in the file.
crash_and_mistake() {
	lab_kill alpha
	expect_rc 1 "a start with an invalid file" ip netns exec alpha "$CLUSTERARPD" -c "$BAD" \
		-n alpha -s "$(socket_of alpha)"
	lab_log_clean alpha
}

# What others do with eth0 while the daemon runs.
nothing() { :; }
link_local() { on alpha ip addr add fe80::150/64 dev eth0 nodad; }
address() { on alpha ip addr add 12.12.4.150/24 dev eth0; }
port() { on alpha ip link set eth0 master bridge0; }
down_and_up() {
	on alpha ip link set eth0 down
	on alpha ip link set eth0 up
	within "$(seconds 3)" recorded_up || fail "the record does not say that eth0 was set up"
}
address_for_a_while() {
	address
	within "$(seconds 3)" recorded_up || fail "the record does not say that eth0 got an address"
	# It may have moved to the TAP by now.
	on alpha ip addr del 12.12.4.150/24 dev eth0 2>/dev/null || on alpha ip addr del 12.12.4.150/24 dev cluster0
}

# expect_after WHAT FUNCTION STOP EXPECTED: eth0 is down, the daemon starts, FUNCTION, STOP.
expect_after() {
	ip -n alpha link set eth0 nomaster down
	on alpha ip addr flush dev eth0
	lab_config
	lab_start alpha
	expect "$1: eth0 while the daemon runs" up "$(eth0)"
	sleep 0.3 # what the daemon did itself must not count as another program's use
	! recorded_up || fail "$1: the record says that eth0 was up"
	"$2"
	"$3"
	expect "$1, $3: eth0" "$4" "$(eth0)"
	expect "$1, $3: records" "" "$(find /run/clusterarpd/alpha -name '*.json')"
	expect "$1, $3: filters" "" "$(on alpha tc filter show dev eth0 ingress)"
}

for how in stop crash_and_mistake; do
	expect_after "nobody uses it" nothing "$how" down
	expect_after "a link-local address" link_local "$how" down
	expect_after "an address" address "$how" up
	expect_reach out host
	expect_after "an address for a while" address_for_a_while "$how" up
	expect_after "a port of a bridge" port "$how" up
	expect_after "set down and up" down_and_up "$how" up
done

# The address comes when no daemon runs.
after_the_crash() {
	lab_kill alpha
	address
	expect_rc 1 "a start with an invalid file" ip netns exec alpha "$CLUSTERARPD" -c "$BAD" \
		-n alpha -s "$(socket_of alpha)"
	cat "$LAB_DIR/output" >>"$LAB_DIR/alpha.log"
}
expect_after "an address after the crash" nothing after_the_crash up
said 'eth0 was down before the start, but has an address' || fail "no line that eth0 stays up"
expect_reach out host

# An address that eth0 had when it was down, and that was adopted, is not another program's use.
ip -n alpha link set eth0 down
lab_config adopt=yes
lab_start alpha
expect "eth0 has no address" "" "$(on alpha ip -br -4 addr show dev eth0 | awk '{ print $3 }')"
lab_stop alpha
expect "an adopted address: eth0" down "$(eth0)"
expect "an adopted address is back" 12.12.4.150/24 "$(on alpha ip -br -4 addr show dev eth0 | awk '{ print $3 }')"
