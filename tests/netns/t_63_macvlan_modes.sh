#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A macvlan of other modes than passthru as NIC: refused at the start where nothing for the cluster
# arrives, warned of once where only a part does. If the NIC comes back as such a link, the daemon
# says so once and waits.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

# renew TYPE… : alpha's NIC is another one.
renew() {
	ip -n alpha link del eth0
	ip -n low_alpha link add link lower0 name eth0 netns alpha address 52:54:00:00:01:01 type "$@"
	ip -n alpha link set eth0 up
}
lines() { grep -c -- "$1" "$LAB_DIR/alpha.log" || true; }
waits() { [ "$(ctl alpha -j status | jq -r ".problems[0].id")" = nic_gone ]; }
refused='in mode bridge, which receives unicast frames for its own MAC alone: nothing arrives'

lab_nodes 2 nic=macvlan
lab_config
for type in macvlan macvtap; do
	renew $type mode bridge
	lab_snapshot alpha >"$LAB_DIR/before"
	expect_rc 3 "a $type in mode bridge" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha \
		-s "$(socket_of alpha)"
	expect "error line" 1 "$(grep -c "eth0 is a $type $refused" "$LAB_DIR/output")"
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "a $type in mode bridge" "$LAB_DIR/before" "$LAB_DIR/after"
done
expect_rc 0 "-t, which asks no NIC" ip netns exec alpha "$CLUSTERARPD" -t -c "$LAB_CONF" -n alpha

renew macvlan mode passthru
lab_start alpha
lab_start beta
expect_reach out alpha
renew macvlan mode bridge
within "$(seconds 2)" waits || fail "the daemon does not wait: $(ctl alpha status)"
sleep 2
expect "lines, while it waits" 1 "$(lines "$refused")"
ip -n alpha link set eth0 type macvlan mode vepa
within "$(seconds 2)" grep -q 'in mode vepa, which' "$LAB_DIR/alpha.log" || fail "another mode: no line"
renew macvlan mode passthru
within "$(seconds 5)" reach out alpha || fail "a NIC that fits is not taken"
ok "a NIC that fits is taken"
lab_stop alpha
lab_stop beta

# Group MACs arrive, and with the cluster MAC as the macvlan's own all does.
lab_config dedicated_mac=multicast
renew macvlan mode bridge
lab_start alpha
lab_start beta
expect "warnings" 1 "$(lines 'eth0 is a macvlan in mode bridge.*only other nodes reach this one')"
expect_reach beta alpha
! reach out alpha || fail "the outsider reaches alpha: the warning is wrong"
ip -n alpha link set eth0 down
ip -n alpha link set eth0 address "$LAB_CLUSTER_MAC" up
within "$(seconds 5)" reach out alpha || fail "the outsider does not reach alpha"
expect_reach beta alpha
ip -n alpha link set eth0 down
ip -n alpha link set eth0 address 52:54:00:00:01:01 up
expect "warnings, for the second MAC" 2 "$(lines "only other nodes reach this one")"
lab_stop_all
