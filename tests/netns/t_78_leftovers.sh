#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A NIC that a crash leaves and that no later run uses (SPEC 5), because the next start has another
# interface or an invalid file. That start restores it, with its addresses and routes, to the state
# before the first start, unless another daemon owns the NIC or listens on the control socket.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=adopt.sh
. "$LAB_TOP/adopt.sh"

lab_nodes 1
DIR=/run/clusterarpd/alpha
SOCKET=$(socket_of alpha)
BAD=$LAB_DIR/bad.conf
printf '[cluster]\ninterface = eth0\nadress = 12.12.4.100/24\n' >"$BAD"
lab_veth alpha eth2 52:54:00:00:00:71 p_alpha2
ip -n alpha link set eth2 up

# crash SETTINGS…: starts a daemon on eth0 and kills it; what follows has a new log.
crash() {
	lab_config "$@"
	lab_start alpha
	lab_kill alpha
	: >"$LAB_DIR/alpha.log"
}
# move [SETTINGS…]: the next start, with the other NIC.
move() {
	lab_config interface=eth2 "$@"
	lab_start alpha
}
# broken WHAT [COMMAND…]: a start with the invalid file, run by that command.
broken() {
	local what=$1
	shift
	expect_rc 1 "$what" ip netns exec alpha "${LAB_WITH[@]}" "$@" "$CLUSTERARPD" -c "$BAD" -n alpha -s "$SOCKET"
	cp "$LAB_DIR/output" "$LAB_DIR/alpha.log"
	lab_log_clean alpha
}
records() { find "$DIR" -name '*.json' -printf '%f\n' | sort | xargs; }
shields() { lab_attached alpha "$1"; }
no_complaint() {
	! grep -E 'cannot|libbpf' "$LAB_DIR/alpha.log" || fail "$1: $(cat "$LAB_DIR/alpha.log")"
}
before() { lab_snapshot alpha >"$LAB_DIR/before"; }
# expect_clean WHAT: the state is that of before(), and there is no record.
expect_clean() {
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "$1" "$LAB_DIR/before" "$LAB_DIR/after"
	expect "$1: records" "" "$(records)"
}
BACK='restored to the state before an earlier run'
# expect_moved WHAT: eth0 is released, eth2 is in use; after a stop the state is that of before().
expect_moved() {
	expect "$1: lines" 1 "$(grep -c "$BACK" "$LAB_DIR/alpha.log")"
	expect "$1: records" control.sock.eth2.json "$(records)"
	expect "$1: programs of the shields" "0/0 1/1" "$(shields eth0) $(shields eth2)"
	expect_reach out alpha
	no_complaint "$1"
	lab_stop alpha
	expect_clean "$1, and a stop"
}

# --- another interface ---

before
crash
move
expect_moved "another interface"
crash
lab_start alpha
! said "$BACK" || fail "the configured interface is restored"
lab_stop alpha
expect_clean "the same interface"

ip -n alpha link set eth0 down
before
crash
move
expect "a NIC that was down" "0" "$(($(on alpha cat /sys/class/net/eth0/flags) & 1))"
expect_moved "a NIC that was down"
ip -n alpha link set eth0 up

on alpha tc qdisc add dev eth0 clsact
on alpha tc filter add dev eth0 ingress prio 10 protocol ip u32 match u32 0 0 flowid 1:1
before
crash
move
expect_moved "an operator's filter"
on alpha tc qdisc del dev eth0 clsact

# Two NICs that crashes left, one with a dot in its name.
lab_veth alpha eth0.5 52:54:00:00:00:75 p_alpha5
ip -n alpha link set eth0.5 addrgenmode none up
before
crash
crash interface=eth0.5
expect "the record of the last one" control.sock.eth0.5.json "$(records)"
move
expect "programs of the shield" 0/0 "$(shields eth0.5)"
expect_moved "a name with a dot"
ip -n alpha link del eth0.5

# --- an invalid file ---

# With clsact, so that a crash leaves the shield too, and who must leave it alone can be seen to do so.
lab_preload no_tcx
before
crash
cp "$SOCKET.eth0.json" "$LAB_DIR/record"
expect_rc 1 "--test of an invalid file" ip netns exec alpha "$CLUSTERARPD" -t -c "$BAD" -n alpha -s "$SOCKET"
expect "--test: filters of the shield" 1/1 "$(shields eth0)"
expect "--test: records" control.sock.eth0.json "$(records)"
broken "an invalid file, as a user without capabilities" setpriv --reuid 65534 --regid 65534 --clear-groups
expect "that user: filters of the shield" 1/1 "$(shields eth0)"
expect "that user: records" control.sock.eth0.json "$(records)"
broken "an invalid file"
expect_said "$BACK"
no_complaint "an invalid file"
expect_clean "an invalid file"
broken "an invalid file again"
! said "$BACK" || fail "restored a second time"
crash
expect_rc 1 "a node that the file lacks" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n nobody -s "$SOCKET"
expect_clean "a node that the file lacks"
crash
expect_rc 1 "no file" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_DIR/missing.conf" -s "$SOCKET"
expect_clean "no file"
crash
(cd "$DIR" && expect_rc 1 "a relative path" ip netns exec alpha "$CLUSTERARPD" -c "$BAD" -s control.sock)
expect_clean "a relative path"

# --- addresses and routes ---

adopt_peers
adopt_furnish
adopt_before
crash adopt=yes
nic_has_none || fail "a crash moves something: $(addresses_of eth0)"
on out ip neigh replace 12.12.4.101 lladdr "$LAB_CLUSTER_MAC" nud reachable dev eth0
broken "an invalid file, addresses adopted"
expect_said 'giving its addresses and routes back'
no_complaint "an invalid file, addresses adopted"
expect "the outsider's entry for 12.12.4.101" "$(nic_mac alpha)" "$(table out 12.12.4.101 eth0)"
expect_reach out alpha
expect_as_before "an invalid file, addresses adopted"
crash adopt=yes
move adopt=yes
within "$(seconds 10)" lab_settled alpha || fail "addresses remain tentative" # its TAP was gone
expect "another interface: addresses" "" "$(diff "$LAB_DIR/addresses" <(addresses_of eth0))"
expect "another interface: records" control.sock.eth2.json "$(records)"
no_complaint "another interface, addresses adopted"
lab_stop alpha
expect_as_before "another interface, addresses adopted"

# Renamed after the crash.
adopt_few
crash adopt=yes
ip -n alpha link set eth0 down
ip -n alpha link set eth0 name old0
ip -n alpha link set old0 up
broken "renamed"
expect "renamed: filters of the shield" 0/0 "$(shields old0)"
expect "renamed: addresses" "" "$(diff "$LAB_DIR/addresses" <(addresses_of old0))"
expect "renamed: records" "" "$(records)"

# --- the NIC is gone, or is another one ---

ip -n alpha link set old0 down
ip -n alpha link set old0 name eth0
adopt_few
crash adopt=yes
ip -n alpha link del eth0
move
expect_said 'eth0 does not exist: its address 12.12.4.150/24 is not given back'
! said "$BACK" || fail "a NIC that is gone is reported as restored"
expect "gone: records" control.sock.eth2.json "$(records)"
lab_stop alpha

lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
ip -n alpha link set eth0 up
before
for change in '.netns += 1' '.ifindex += 1' '.ifindex = "no"'; do
	jq "$change | .was_up = false" "$LAB_DIR/record" >"$SOCKET.eth0.json"
	broken "a record with $change"
	expect "log lines other than those about the file" 0 "$(grep -c 'eth0[^.]*:' "$LAB_DIR/alpha.log" || true)"
	expect_clean "a record with $change"
	crash
	jq "$change | .was_up = false" "$SOCKET.eth0.json" >"$LAB_DIR/changed"
	cp "$LAB_DIR/changed" "$SOCKET.eth0.json"
	broken "a record with $change, with the shield attached"
	expect_said 'left its shield, and no record'
	expect_clean "a record with $change, with the shield attached"
done

# --- other daemons, other files ---

lab_config
lab_start alpha
records=$(records)
broken "another daemon listens"
expect "another daemon listens: records" "$records" "$(records)"
expect "another daemon listens: filters of the shield" 1/1 "$(shields eth0)"
lab_kill alpha
mkdir "$DIR/other"
lab_config tap=other0
ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha -s "$DIR/other/control.sock" \
	>"$LAB_DIR/other.log" 2>&1 </dev/null &
LAB_PID[other]=$!
others() { [ -e "$DIR/other/control.sock.eth0.json" ] && reach out alpha; }
within "$(seconds 5)" others || fail "the other daemon: $(cat "$LAB_DIR/other.log")"
broken "another daemon has the NIC"
expect "another daemon has the NIC: filters of the shield" 1/1 "$(shields eth0)"
expect "another daemon has the NIC: records" "control.sock.eth0.json $records" "$(records)"
expect_reach out alpha
lab_stop other
broken "another daemon had the NIC"
expect_clean "another daemon had the NIC"

# Files of sockets whose names begin alike, and files that are not records.
TOO_LONG=$(printf 'x%.0s' {1..128})
touch "$SOCKET.1" "$SOCKET.1.eth0.json" "$SOCKET..json" "$SOCKET.$TOO_LONG.json" \
	"$SOCKET.eth0.json.new" "$SOCKET.json" "$DIR/eth0.json"
files=$(find "$DIR" -type f | sort)
broken "files of others"
expect "files of others" "$files" "$(find "$DIR" -type f | sort)"
