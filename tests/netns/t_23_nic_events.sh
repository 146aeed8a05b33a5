#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon's NIC goes down and comes back, changes its MTU, is deleted and created again, or is
# absent at the start: traffic flows again each time.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config adopt=no # an address on the NIC stays there
lab_start_all
ping_all_pairs

mtu_is() { [ "$(on alpha cat /sys/class/net/cluster0/mtu)" = "$1" ]; }
wakes() { awk '/^voluntary/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }

on alpha ip link set eth0 down
before=$(wakes)
sleep 1
expect_num "wake-ups while the NIC is down" $(($(wakes) - before)) "<=" 50
on alpha ip link set eth0 up
expect_reach beta alpha
ping_all_pairs

on alpha ip link set eth0 mtu 1400
within "$(seconds 2)" mtu_is 1400 || fail "the TAP does not follow the NIC's MTU"
ok "the TAP follows the NIC's MTU"
on alpha ip link set eth0 mtu 1500
within "$(seconds 2)" mtu_is 1500 || fail "the TAP does not follow the NIC's MTU back"

# renew NODE: makes a new NIC with the same name.
renew() {
	lab_veth "$1" eth0 52:54:00:00:00:77 "p_$1"
	ip -n "$1" link set eth0 up
}
ip -n alpha link del eth0
lab_up alpha || fail "the daemon does not survive the loss of its NIC"
before=$(wakes)
sleep 1
expect_num "wake-ups without a NIC" $(($(wakes) - before)) "<=" 50
renew alpha
expect_reach beta alpha
ping_all_pairs
capture sw p_alpha "$LAB_DIR/wire.pcap" -Q in
on alpha ip -6 addr add 2001:db8::1/64 dev eth0
ping_all_pairs
capture_stop
expect_sources "sources of the new NIC" "$LAB_DIR/wire.pcap" "$(dedicated_mac alpha)"
lab_stop alpha

ip -n alpha link del eth0
lab_start alpha
renew alpha
expect_reach beta alpha
ping_all_pairs
lab_stop_all
