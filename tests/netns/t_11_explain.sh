#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `explain`: figure 6 (SPEC 2), captured on A's TAP, on the wire and on B's TAP, is explained as
# clusterarpd(7) tells it, step by step: by tcpdump's files, and by the daemon's own capture, whose
# interfaces have names. Without a daemon and without root; through a pipe; and its exit statuses.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

CLUSTER=02:bf:aa:bb:cc:dd
A=12.12.4.101
B=12.12.4.102

command -v tshark >/dev/null || fail "no tshark"
lab_nodes 2 ageing=0 family=46
lab_config mac=$CLUSTER source_mac=cluster dedicated_mac=multicast arp=broadcast liveness=0
lab_start_all

between="arp and ((arp[14:4] = 0x0c0c0465 and arp[24:4] = 0x0c0c0466) or
	(arp[14:4] = 0x0c0c0466 and arp[24:4] = 0x0c0c0465))"
capture alpha cluster0 "$LAB_DIR/A.tap.pcap" "$between"
capture alpha eth0 "$LAB_DIR/wire.pcap" "$between"
capture beta cluster0 "$LAB_DIR/B.tap.pcap" "$between"
# The daemon's own capture. (Not through a function in the background, so that the process is the
# program itself.)
own_begin() {
	OWN=$LAB_DIR/$1
	"$CLUSTERARPCTL" -s "$(socket_of alpha)" capture -w "$OWN" >/dev/null 2>"$OWN.err" </dev/null &
	own=$!
	within "$(seconds 5)" test -s "$OWN" || fail "nothing is captured: $(cat "$OWN.err")"
}
own_end() {
	sleep 0.2
	kill -INT "$own"
	wait "$own" || fail "capture: $(cat "$OWN.err")"
}
own_begin own.pcapng
on alpha ping -n -c 1 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
capture_stop
own_end
lab_stop_all

# explain NODE FILE [OPTION…]: without a daemon, as a user without rights. The times are left out.
explain() {
	local node=$1 file=$2
	shift 2
	setpriv --reuid 65534 --regid 65534 --clear-groups "$CLUSTERARPCTL" explain -c "$LAB_CONF" \
		-n "$node" "$@" - <"$file" 2>"$LAB_DIR/explain.err" |
		sed -E 's/^(frame [0-9]+)  [0-9.]+  /\1  /' || fail "$(cat "$LAB_DIR/explain.err")"
}

head600="ARP who-has $B tell $A, 42 bytes
  $CLUSTER (cluster) > ff:ff:ff:ff:ff:ff (broadcast)"
to_peer="  E1   every frame: the Ethernet source becomes the wire source MAC
  E2   from an own dedicated address to a peer's: the sender MAC becomes the own
       dedicated MAC"
to_610="$to_peer
  passes to the wire, changed:
    22  sender MAC  $CLUSTER -> 03:bf:0c:0c:04:65"
to_620="  I5   broadcast and multicast pass
  passes to the stack, unchanged"
to_630="$to_peer, the target MAC becomes the cluster MAC
  passes to the wire, changed:
    22  sender MAC  $CLUSTER -> 03:bf:0c:0c:04:66
    32  target MAC  03:bf:0c:0c:04:65 -> $CLUSTER"
to_640="  I2   for the own dedicated MAC: the destination becomes the cluster MAC
  passes to the stack, changed:
     0  Ethernet destination  03:bf:0c:0c:04:65 -> $CLUSTER"
got="  is what the rules have let through"
sent="  is as these rules make it"
reply="ARP reply $B is-at 03:bf:0c:0c:04:66, 42 bytes"

expect "A's TAP: 600, 640" "frame 1  $head600
  at the TAP, from the stack (--side)
$to_610

frame 2  $reply
  $CLUSTER (cluster) > $CLUSTER (cluster)
  at the TAP, to the stack (--side)
$got

2 frames: 1 changed, 1 to the stack" "$(explain alpha "$LAB_DIR/A.tap.pcap" --side tap)"

expect "the wire, for A: 610, 630" "frame 1  $head600
  on the wire, from this node (by its MACs)
$to_peer
$sent

frame 2  $reply
  $CLUSTER (cluster) > 03:bf:0c:0c:04:65 (self)
  on the wire, to this node (by its MACs)
$to_640

2 frames: 1 changed, 1 sent" "$(explain alpha "$LAB_DIR/wire.pcap")"

expect "the wire, for B: 610, 630" "frame 1  $head600
  on the wire, to this node (by its MACs)
$to_620

frame 2  $reply
  $CLUSTER (cluster) > 03:bf:0c:0c:04:65 (alpha)
  on the wire, from this node (by its MACs)
$to_peer, the target MAC becomes the cluster MAC
$sent

2 frames: 1 unchanged, 1 sent" "$(explain beta "$LAB_DIR/wire.pcap")"

expect "B's TAP: 610, 620" "frame 1  $head600
  at the TAP, to the stack (--side)
$got

frame 2  ARP reply $B is-at $CLUSTER, 42 bytes
  $CLUSTER (cluster) > 03:bf:0c:0c:04:65 (alpha)
  at the TAP, from the stack (--side)
$to_630

2 frames: 1 changed, 1 to the stack" "$(explain beta "$LAB_DIR/B.tap.pcap" --side tap)"

# The daemon's capture has both sides of each frame: what the rules were to change in the one is
# what has changed in the other.
steps() {
	"$CLUSTERARPCTL" -j explain "$OWN" -c "$LAB_CONF" -n alpha | jq -r '.frames[] |
		select(.summary | test("^ARP .*12.12.4.10[12].*")) |
		"\(.interface) \(.place) \(.place_by) \(.verdict) \([.rules[].rule] | join(" ")): \(
			[.changes[] | "\(.offset) \(.before) \(.after)"] | join(", "))"'
}
expect "A's own capture: 600, 610, 630, 640" "cluster0 tap_out interface passes E1 E2: 22 $CLUSTER 03:bf:0c:0c:04:65
eth0 wire_out interface sent E1 E2: 
eth0 wire_in interface passes I2: 0 03:bf:0c:0c:04:65 $CLUSTER
cluster0 tap_in interface got : " "$(steps | head -n 4)"

# Each echo request and reply, likewise.
expect "pings in A's own capture" "tap_out wire_out wire_in tap_in" "$("$CLUSTERARPCTL" -j explain "$OWN" \
	-c "$LAB_CONF" -n alpha | jq -r '[.frames[] | select(.summary | test("ICMP ")) | .place] | join(" ")')"

# --- what the daemon did ---------------------------------------------------------------------

# With the default MACs, both families, shares, and what is dropped: explained from the file alone, each
# frame has the fate that the daemon gave it.
lab_config shares=static
lab_start_all
own_begin all.pcapng
ping_all_pairs
LAB_FAMILY=6 ping_all_pairs
on out ping -n -c 2 -i 0.2 -W "$LAB_REPLY" $LAB_CLUSTER_IP >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
on out timeout 20 python3 -c "
import socket
for port in range(40000, 40040): # each of another bucket; refused by the node that has it
    s = socket.socket()
    s.bind(('', port))
    s.connect_ex(('$LAB_CLUSTER_IP', 9))
    s.close()"
frames arp out:eth0 --sha 02:66:66:66:66:66 --spa $B --tpa $A # spoofed
frames arp out:eth0 --sha 02:66:66:66:66:66 --spa $A --tpa $B # a conflict
frames arp out:eth0 --sha 02:66:66:66:66:66 --spa $A --tpa $B --vid 7 # not judged
on out ip neigh replace 12.12.4.222 lladdr "$LAB_CLUSTER_MAC" dev eth0
on out ping -n -c 2 -i 0.2 -W 1 12.12.4.222 >"$LAB_DIR/output" || true # elsewhere
on out ip neigh replace $B lladdr "$LAB_CLUSTER_MAC" dev eth0
on out ping -n -c 2 -i 0.2 -W 1 $B >"$LAB_DIR/output" || true          # A gets a copy
own_end
lab_stop_all
"$CLUSTERARPCTL" -j explain "$OWN" -c "$LAB_CONF" -n alpha >"$LAB_DIR/all.json"
reasons() { jq -r '.frames[] | "\(.number) \(.reason // "-")"' "$LAB_DIR/all.json"; }
comments() {
	tshark -n -r "$OWN" -T fields -e frame.number -e frame.comment 2>"$LAB_DIR/tshark.err" |
		sed -E 's/^([0-9]+)\t.*dropped: ([a-z_]+).*/\1 \2/; t; s/^([0-9]+)\t.*/\1 -/'
}
comments >"$LAB_DIR/comments" && reasons >"$LAB_DIR/reasons"
cmp "$LAB_DIR/comments" "$LAB_DIR/reasons" || fail "$(diff "$LAB_DIR/comments" "$LAB_DIR/reasons" | head -n 20)"
for reason in other_share spoofed conflict elsewhere peer_address; do
	expect_num "frames dropped as $reason, by the daemon and by explain" \
		"$(grep -c " $reason\$" "$LAB_DIR/reasons")" ">=" 1
done
expect "frames that A has sent, but not by the rules" 0 "$(jq '[.frames[] | select(.verdict == "odd")] | length' \
	"$LAB_DIR/all.json")"
expect_num "frames with changes" "$(jq '[.frames[] | select(.changes != [])] | length' "$LAB_DIR/all.json")" ">" 50

# The next frame on the other side is what explain says that becomes of a ping or its answer.
fates() {
	jq -r '.frames[] | select(.summary | test("ICMP")) | "\(.place) \(.verdict) \(.source) \(.destination) \(
		[.changes[] | .after] | join(" "))"' "$LAB_DIR/all.json"
}
# A frame and what becomes of it follow each other.
bad_fates() {
	fates | awk '$2 == "passes" { source = $3; destination = $4; way = $1; after = $5; next }
		way == "tap_out" && $1 == "wire_out" { n++; if ($3 != after || $4 != destination) bad++ }
		way == "wire_in" && $1 == "tap_in" { n++
			if ($3 != source || $4 != (after ? after : destination)) bad++ }
		{ way = "" }
		END { print bad + 0, (n > 50 ? "of many" : "of " n) }'
}
expect "frames of which the daemon has made something else" "0 of many" "$(bad_fates)"

# --- exit statuses, and messages ------------------------------------------------------------

said() { expect "$1" "$2" "$(cat "$LAB_DIR/output")"; }
ctl() { "$CLUSTERARPCTL" explain -c "$LAB_CONF" -n alpha "$@"; }
expect_rc 1 "no such file" ctl /nonexistent.pcap
said "the message" "clusterarpctl: /nonexistent.pcap: No such file or directory"
expect_rc 1 "an empty file" ctl -
said "the message" "clusterarpctl: <stdin>: the file is empty"
expect_rc 1 "no capture" ctl "$LAB_CONF"
grep -q "^clusterarpctl: $LAB_CONF: not a capture that libpcap reads: " "$LAB_DIR/output" ||
	fail "$(cat "$LAB_DIR/output")"
expect_rc 1 "a directory" ctl /
said "the message" "clusterarpctl: /: Is a directory"
capture alpha any "$LAB_DIR/cooked.pcap"
on alpha ping -n -c 1 -W "$LAB_REPLY" 127.0.0.1 >/dev/null
capture_stop
expect_rc 1 "a cooked capture" ctl "$LAB_DIR/cooked.pcap"
said "the message" "clusterarpctl: $LAB_DIR/cooked.pcap: a Linux cooked capture (tcpdump -i any) has no Ethernet \
headers: capture on the NIC or the TAP: tcpdump -i eth0 -w FILE"
head -c 130 "$LAB_DIR/wire.pcap" >"$LAB_DIR/cut.pcap"
expect_rc 1 "a file that was cut" ctl "$LAB_DIR/cut.pcap"
grep -q '^frame 1 ' "$LAB_DIR/output" || fail "the first frame is not explained"
grep -q "^clusterarpctl: $LAB_DIR/cut.pcap: truncated dump file" "$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
expect_rc 1 "the same, JSON" ctl -j "$LAB_DIR/cut.pcap"
grep -v ^clusterarpctl: "$LAB_DIR/output" |
	jq -e '(.frames | length) == 1 and (.error.message | test("truncated"))' >"$LAB_DIR/json" ||
	fail "$(cat "$LAB_DIR/output")"
expect_rc 1 "no such node" "$CLUSTERARPCTL" explain "$LAB_DIR/wire.pcap" -c "$LAB_CONF" -n omega
said "the message" "clusterarpctl: $LAB_CONF: the file has no [node omega] section"
sed 's/^\[cluster\]/&\nfoo = 1/' "$LAB_CONF" >"$LAB_DIR/bad.conf"
line=$(grep -n '^foo' "$LAB_DIR/bad.conf" | cut -d: -f1)
expect_rc 1 "a bad configuration" "$CLUSTERARPCTL" explain "$LAB_DIR/wire.pcap" -c "$LAB_DIR/bad.conf"
grep -q "^clusterarpctl: $LAB_DIR/bad.conf:$line: unknown key 'foo'" "$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
expect_rc 1 "the same, JSON" "$CLUSTERARPCTL" -j explain "$LAB_DIR/wire.pcap" -c "$LAB_DIR/bad.conf"
expect "its error" "1 $LAB_DIR/bad.conf $line" "$(grep -v ^clusterarpctl: "$LAB_DIR/output" |
	jq -r '"\(.schema_version) \(.error.file) \(.error.line)"')"
expect_rc 1 "no such file, JSON" ctl -j /nonexistent.pcap
expect "its error" "No such file or directory" \
	"$(grep -v ^clusterarpctl: "$LAB_DIR/output" | jq -r .error.message)"
expect_rc 1 "no configuration" "$CLUSTERARPCTL" explain "$LAB_DIR/wire.pcap" -c /nonexistent.conf
expect_rc 2 "no file" ctl
expect_rc 2 "two files" ctl a b
expect_rc 2 "a wrong side" ctl --side left "$LAB_DIR/wire.pcap"
expect_rc 2 "both from standard input" "$CLUSTERARPCTL" explain -c - -
expect_rc 2 "an option of another command" "$CLUSTERARPCTL" -n alpha status
