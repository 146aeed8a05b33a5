#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A second daemon on the same NIC or on the same TAP exits 3 with an error line, and the first keeps
# running.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config
lab_start_all
ip -n alpha link add eth1 type veth peer name peer1
ip -n alpha link set eth1 up
ip -n alpha link set peer1 up

# second WHAT SETTINGS…
second() {
	local what=$1
	shift
	lab_config "$@"
	expect_rc 3 "$what" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha \
		-s /run/clusterarpd/second/control.sock
	[ -s "$LAB_DIR/output" ] || fail "$what: no line about it"
	ping_all_pairs
}
mkdir -p /run/clusterarpd/second
ping_all_pairs
second "the same NIC, another TAP" tap=cluster1
expect_rc 1 "the second daemon leaves no TAP" ip -n alpha link show cluster1
# Many attempts, as a service manager makes them: the lock holds against each.
lab_config tap=cluster1
for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
	expect_rc 3 "the same NIC again, try $try" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" \
		-n alpha -s /run/clusterarpd/second/control.sock
done
second "another NIC, the same TAP" interface=eth1
second "the same NIC and TAP" arp=broadcast
lab_config
expect_rc 3 "the same control socket" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha \
	-s "$(socket_of alpha)"
lab_up alpha || fail "the first daemon's control socket does not answer any more"
expect "MACs that answer ARP" "$LAB_CLUSTER_MAC" \
	"$(arp_answers out 12.12.4.101 | sort -u)"
lab_stop_all
