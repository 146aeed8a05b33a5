#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The doctor and loops, two hosts as one node, and files that differ.
# run: once

# shellcheck source-path=SCRIPTDIR source=doctor.sh
. "$(dirname "$0")/doctor.sh"

lab_nodes 3 family=46 mtu=9000
lab_config gateway=12.12.4.200
lab_start_all

# --- what comes back ---

on out tc qdisc add dev eth0 clsact
on out tc filter add dev eth0 ingress protocol all u32 match u32 0 0 action mirred egress redirect dev eth0
[[ " $(examine alpha) " = *" :loop "* ]] || fail "a loop: alpha found $(cat "$LAB_DIR/found")"
ok "a loop: alpha: :loop"
on out tc qdisc del dev eth0 clsact
sleep 1.2 # the switch learns anew where alpha is, by its questions

# --- two hosts as one node ---

lab_host twin 52:54:00:00:00:77
mkdir -p /run/clusterarpd/twin
ip netns exec twin "$CLUSTERARPD" -c "$LAB_CONF" -n beta -s "$(socket_of twin)" >"$LAB_DIR/twin.log" 2>&1 </dev/null &
TWIN=$!
within "$(seconds 5)" lab_up twin || fail "the twin does not start: $(cat "$LAB_DIR/twin.log")"
[[ " $(examine alpha) " = *" beta:two_hosts "* ]] || fail "two hosts: alpha found $(cat "$LAB_DIR/found")"
ok "two hosts run as beta: alpha: beta:two_hosts"
[[ " $(examine beta) " = *" :twin "* ]] || fail "two hosts: beta found $(cat "$LAB_DIR/found")"
ok "two hosts run as beta: beta: :twin"
kill "$TWIN"
wait "$TWIN" || fail "the twin: exit status $?"
sleep 1.2

# --- other files ---

ours=$LAB_CONF
sed "/\[node beta\]/a mac = 06:bf:00:00:00:99" "$ours" >"$LAB_DIR/mac.conf"
restart beta "$LAB_DIR/mac.conf"
[[ " $(examine alpha) " = *" beta:other_mac "* ]] || fail "another MAC: alpha found $(cat "$LAB_DIR/found")"
ok "another dedicated MAC in beta's file: alpha: beta:other_mac"
sed "s/12\.12\.4\.101/12.12.4.111/; s/2001:db8:4::101/2001:db8:4::111/" "$ours" >"$LAB_DIR/address.conf"
restart beta "$LAB_DIR/address.conf"
[[ " $(examine alpha) " = *" beta:other_file "* ]] || fail "another address: alpha found $(cat "$LAB_DIR/found")"
ok "another address of alpha in beta's file: alpha: beta:other_file"
sed "s/^\[cluster\]/&\nmac = 02:bf:00:00:00:99/" "$ours" >"$LAB_DIR/cluster.conf"
restart beta "$LAB_DIR/cluster.conf"
examine alpha >/dev/null
grep -q 'its file has another cluster MAC' "$LAB_DIR/doctor" ||
	fail "another cluster MAC: alpha found $(cat "$LAB_DIR/found")"
ok "another cluster MAC in beta's file: alpha: $(paste -sd ' ' "$LAB_DIR/found")"
restart beta "$ours"
lab_kill gamma
expect_found "gamma is down" alpha "gamma:peer_absent"
# The doctor does not keep liveness from seeing it.
expect "gamma, after a doctor that found it down" silent "$(peer alpha gamma .state)"
lab_start gamma

# --- while it runs ---

doctor alpha >"$LAB_DIR/text" 2>&1 &
RUN=$!
sleep 1
ctl alpha reload >/dev/null
rc=0
wait "$RUN" || rc=$?
expect "a reload meanwhile: exit status" 1 "$rc"
grep -q 'reloaded' "$LAB_DIR/text" || fail "a reload meanwhile: $(cat "$LAB_DIR/text")"
lab_stop_all

