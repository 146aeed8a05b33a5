#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A notification about the NIC with the event NOTIFY PEERS (a live migration) or BONDING FAILOVER
# (a bond has another active port) is followed by announcements (SPEC 5); one with another event,
# or none, is not. Neither a bond nor a migration is needed: link_event.c, preloaded, adds the event
# to notifications of another cause.
#
# run: plain

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
lab_config
EVENT=$LAB_DIR/event
export LINK_EVENT=$EVENT
lab_preload link_event
lab_start alpha
lab_announced

# announced ADDRESS: the number of announcements captured.
announced() {
	frames pcap2rows "$LAB_DIR/arp.pcap" |
		awk -v a="$1" -v m="$LAB_CLUSTER_MAC" '$4 == a && $6 == a && $5 == m' | wc -l
}
count() { echo "$(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP")"; }
all_three() { [ "$(count)" = 3/3 ]; }

# notified EVENT DEVICE: a change of the device that nobody reacts to, with the event.
number=0
notified() {
	number=$((number + 1))
	[ -z "$1" ] || echo "$1" >"$EVENT"
	ip -n alpha link set "$2" alias "change $number"
	sleep 0.5
	rm -f "$EVENT"
}
# expect_silence WHAT EVENT DEVICE
expect_silence() {
	capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in arp
	notified "$2" "$3"
	sleep 1
	capture_stop
	expect "$1: announcements" 0/0 "$(count)"
}
# expect_announced WHAT EVENT
expect_announced() {
	capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in arp
	notified "$2" eth0
	within "$(seconds 5)" all_three || fail "$1: expected 3/3 announcements, saw $(count)"
	sleep 1.2
	capture_stop
	expect "$1: announcements of dedicated and cluster address" 3/3 "$(count)"
	expect_sources "$1: sources" "$LAB_DIR/arp.pcap" "$(dedicated_mac alpha)"
}

expect_silence "no event" "" eth0
expect_silence "another event (FEATURE CHANGE)" 2 eth0
expect_silence "another event (RESEND IGMP)" 5 eth0
expect_announced "BONDING FAILOVER" 3
expect_announced "NOTIFY PEERS" 4
expect_silence "NOTIFY PEERS on the TAP" 4 cluster0
ip -n alpha link add other0 type veth peer name other1
expect_silence "NOTIFY PEERS on another link" 4 other0
lab_stop alpha
