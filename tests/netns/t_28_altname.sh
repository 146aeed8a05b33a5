#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `interface` is an altname of the NIC (ip link property), short or longer than a name can be: the
# NIC is found at the start, when it is added again under another name, and when it gets the altname
# after the daemon has started, as by udev. Log lines and status have the kernel's name. A crash,
# adopted addresses, a stop.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
LAB_ADDR[host]=12.12.4.150
LONG=enx-cluster-network-of-the-upper-room-second-rack-from-the-left
BAD=$LAB_DIR/bad.conf
printf '[cluster]\ninterface = eth0\nadress = 12.12.4.100/24\n' >"$BAD"

dev_is() { [ "$(ctl alpha -j status | jq -r .cluster.dev)" = "$1" ]; }
taken() { dev_is "$1" && [ "$(ctl alpha -j status | jq .link.carrier)" = true ]; }
not_taken() { [ "$(ctl alpha -j status | jq .link.mtu)" = 0 ]; }
# expect_taken WHAT NAME SECONDS
expect_taken() {
	within "$(seconds "$3")" taken "$2" || fail "$1: the daemon does not take $2: $(ctl alpha status)"
	ok "$1: the NIC in status is $2"
	expect_reach out alpha
}
altname() { on alpha ip link property add dev "$1" altname "$2"; }
said() { grep -q "$1" "$LAB_DIR/alpha.log" || fail "no line '$1'"; }
records() { find /run/clusterarpd/alpha -name '*.json' -printf '%f\n' | sort | xargs; }
addresses() { on alpha ip -j -4 addr show dev "$1" | jq -r '[.[].addr_info[].local] | join(" ")'; }
start() {
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
}
before() { lab_snapshot alpha >"$LAB_DIR/before"; }
expect_as_before() {
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "$1" "$LAB_DIR/before" "$LAB_DIR/after"
	expect "$1: records" "" "$(records)"
}
# new_nic NAME: another NIC in place of the present one, down.
new_nic() {
	ip -n sw link del p_alpha
	within "$(seconds 3)" not_taken || fail "the NIC is still there"
	lab_veth alpha "$1" 52:54:00:00:00:01 p_alpha
}

for name in lan0 "$LONG"; do
	say "interface = $name"
	lab_config interface="$name"
	altname eth0 "$name"
	before
	start
	expect_taken "at the start" eth0 3
	said 'node alpha on eth0'
	expect "records" "control.sock.$name.json" "$(records)"
	lab_kill alpha
	start
	said 'eth0: taking over what an earlier run left'
	expect_taken "after a crash" eth0 3
	lab_stop alpha
	expect_as_before "a crash and a stop"

	# Another NIC gets the altname while it is down: the kernel sends no notification.
	start
	new_nic eth7
	ip -n alpha link set eth7 up
	sleep 1.5
	not_taken || fail "the daemon takes a NIC without the altname"
	ip -n alpha link set eth7 down
	altname eth7 "$name"
	expect_taken "a NIC that is down gets the altname" eth7 3
	said 'node alpha on eth7'

	# While it is up: with a notification.
	new_nic eth0
	ip -n alpha link set eth0 up
	altname eth0 "$name"
	expect_taken "a NIC that is up gets the altname" eth0 1
	lab_stop alpha

	# At the start there is no NIC with the altname.
	on alpha ip link property del dev eth0 altname "$name"
	ip -n alpha link set eth0 down
	start
	said "waiting for $name"
	altname eth0 "$name"
	expect_taken "the altname comes after the start" eth0 3
	lab_stop alpha
	ip -n alpha link set eth0 up

	# Addresses, a crash, and a start that puts the NIC back.
	lab_config interface="$name" adopt=yes
	on alpha ip addr add 12.12.4.150/24 dev eth0
	before
	start
	said 'eth0: its address 12.12.4.150/24 moves to cluster0'
	expect "adopted: addresses of the NIC" "" "$(addresses eth0)"
	expect "adopted: records" "control.sock.$name.adopted.json control.sock.$name.json" "$(records)"
	expect_reach out host
	lab_stop alpha
	said 'eth0: giving its addresses and routes back'
	expect_as_before "adopted, and a stop"
	start
	lab_kill alpha
	expect_rc 1 "an invalid file" ip netns exec alpha "$CLUSTERARPD" -c "$BAD" -n alpha \
		-s "$(socket_of alpha)"
	cp "$LAB_DIR/output" "$LAB_DIR/alpha.log"
	lab_log_clean alpha
	said 'eth0: restored to the state before an earlier run'
	expect_as_before "adopted, a crash and an invalid file"

	# The altname is gone by then.
	start
	lab_kill alpha
	on alpha ip link property del dev eth0 altname "$name"
	expect_rc 1 "without the altname" ip netns exec alpha "$CLUSTERARPD" -c "$BAD" -n alpha \
		-s "$(socket_of alpha)"
	expect "without the altname: addresses of the NIC" 12.12.4.150 "$(addresses eth0)"
	expect "without the altname: filters" "" "$(on alpha tc filter show dev eth0 ingress)"
	expect "without the altname: records" "" "$(records)"
	on alpha ip addr flush dev eth0
done
