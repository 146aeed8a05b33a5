#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: plain
# run: user
#
# `capture`: frames before and after the rewrite, in a file that tcpdump and tshark read: figure 6
# (SPEC 2) row by row, dropped frames with the reason, and a count of the frames for which there was
# no room. A reader that stalls or dies does not slow down the traffic.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

command -v tshark >/dev/null || fail "no tshark"
CLUSTER=02:bf:aa:bb:cc:dd
DED_A=03:bf:0c:0c:04:65
DED_B=03:bf:0c:0c:04:66
A=12.12.4.101
B=12.12.4.102
ZERO=00:00:00:00:00:00

lab_nodes 2 ageing=0 mtu=9000 family=46
lab_config mac=$CLUSTER source_mac=cluster dedicated_mac=multicast arp=broadcast datapath=user
lab_start_all
SOCKET=$(socket_of alpha)

# ctl_capture FILE [OPTION…]: captures in the background, until it ends or until ctl_capture_end.
# (Not through a function in the background, so that the process is the program itself.)
CAPTURE=
ctl_capture() {
	local file=$1
	shift
	rm -f "$file"
	"$CLUSTERARPCTL" -s "$SOCKET" capture -w "$file" "$@" >/dev/null 2>"$file.err" </dev/null &
	CAPTURE=$!
	within "$(seconds 5)" test -s "$file" || fail "nothing is captured: $(cat "$file.err")"
}
ended() { ! kill -0 "$CAPTURE" 2>/dev/null; }
# ctl_capture_end FILE: ends it as Control-C does; the frames that have passed are in the file.
ctl_capture_end() {
	sleep 0.2
	ended || kill -INT "$CAPTURE"
	ctl_capture_ended "$1"
}
ctl_capture_ended() {
	local rc=0
	within "$(seconds 10)" ended || fail "the capture does not end"
	wait "$CAPTURE" || rc=$?
	[ "$rc" -eq 0 ] || fail "capture: exit status $rc: $(cat "$1.err")"
	expect_valid "$1"
}
# tcpdump and tshark read the whole file, and find the same number of frames.
expect_valid() {
	local n
	timeout 60 tcpdump -n -e -r "$1" >"$1.txt" 2>"$LAB_DIR/output" || fail "tcpdump: $(cat "$LAB_DIR/output")"
	! grep -qi 'bad\|truncated\|error' "$LAB_DIR/output" || fail "tcpdump: $(cat "$LAB_DIR/output")"
	n=$(fields "$1" '' frame.number | wc -l)
	expect "frames in ${1##*/}, by tcpdump and tshark" "$n" "$(wc -l <"$1.txt")"
	grep -Eq " captured, $n records?(,|\$)" "$1.err" || fail "capture of $n frames says: $(cat "$1.err")"
}
# fields FILE FILTER FIELD…: prints the fields of each frame.
fields() {
	local file=$1 filter=$2 field arguments=()
	shift 2
	for field in "$@"; do arguments+=(-e "$field"); done
	timeout 100 tshark -n -r "$file" ${filter:+-Y "$filter"} -T fields -E separator=' ' -E occurrence=f \
		"${arguments[@]}" 2>"$LAB_DIR/tshark.err" || fail "tshark: $(cat "$LAB_DIR/tshark.err")"
	! grep -v 'Running as user' "$LAB_DIR/tshark.err" | grep . || fail "tshark prints errors"
}

# --- figure 6 ---------------------------------------------------------------------------

lab_announced
FILE=$LAB_DIR/figure6.pcapng
ctl_capture "$FILE"
expect "mode of the file" 600 "$(stat -c %a "$FILE")"
on alpha ping -n -c 1 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
frames arp out:eth0 --sha 02:66:66:66:66:66 --spa $B --tpa $A
ctl_capture_end "$FILE"

between="arp.src.proto_ipv4 in {$A, $B} and arp.dst.proto_ipv4 in {$A, $B} and not frame.comment"
expect "figure 6 at A (600, 610, 630, 640)" \
	"cluster0 1 $CLUSTER ff:ff:ff:ff:ff:ff 1 $A $CLUSTER $B $ZERO
eth0 2 $CLUSTER ff:ff:ff:ff:ff:ff 1 $A $DED_A $B $ZERO
eth0 1 $CLUSTER $DED_A 2 $B $DED_B $A $CLUSTER
cluster0 2 $CLUSTER $CLUSTER 2 $B $DED_B $A $CLUSTER" \
	"$(fields "$FILE" "$between" frame.interface_name frame.packet_flags_direction eth.src eth.dst arp.opcode \
		arp.src.proto_ipv4 arp.src.hw_mac arp.dst.proto_ipv4 arp.dst.hw_mac | sed 's/0x0*//')"
expect "figure 7 at A" \
	"cluster0 1 $CLUSTER $DED_B $A $B 8
eth0 2 $CLUSTER $DED_B $A $B 8
eth0 1 $CLUSTER $DED_A $B $A 0
cluster0 2 $CLUSTER $CLUSTER $B $A 0" \
	"$(fields "$FILE" icmp frame.interface_name frame.packet_flags_direction eth.src eth.dst ip.src ip.dst icmp.type |
		sed 's/0x0*//')"
expect "the spoofed packet's comment" "eth0 02:66:66:66:66:66 dropped: spoofed" \
	"$(fields "$FILE" frame.comment frame.interface_name eth.src frame.comment)"

# --- Neighbour Discovery -----------------------------------------------------------------

# nd_frames: alpha asks for beta; one spoofed advertisement; one that is longer than 256 bytes, from beta.
LONG=$(printf 'fd28%0636d' 0) # an option of 320 bytes
nd_frames() {
	forget alpha "$B6"
	LAB_FAMILY=6 reach alpha beta || fail "alpha does not reach beta over IPv6"
	frames nd out:eth0 na --eth-src 02:66:66:66:66:66 --src "$B6" --target "$B6" --tlla 02:66:66:66:66:66
	frames nd beta:cluster0 na --eth-src $CLUSTER --src "$B6" --target "$B6" --tlla $CLUSTER --option "$LONG"
}
B6=$(addr6_of beta)
# expect_nd FILE: what a capture of these frames has.
expect_nd() {
	expect "solicitations of alpha for beta, before and after (E2)" "cluster0 1 $CLUSTER
eth0 2 $DED_A" "$(fields "$1" "icmpv6.type == 135 and icmpv6.nd.ns.target_address == $B6 and eth.dst[0:2] == 33:33" \
		frame.interface_name frame.packet_flags_direction icmpv6.opt.linkaddr | sed 's/0x0*//')"
	expect "the spoofed advertisement's comment" "eth0 dropped: spoofed" \
		"$(fields "$1" 'frame.comment and icmpv6.type == 136' frame.interface_name frame.comment)"
	expect "the long advertisement, before and after (I6), option and length" "eth0 1 $CLUSTER 406
cluster0 2 $DED_B 406" "$(fields "$1" 'icmpv6.type == 136 and frame.len > 300' frame.interface_name \
		frame.packet_flags_direction icmpv6.opt.linkaddr frame.cap_len | sed 's/0x0*//')"
	expect "messages with a wrong checksum" 0 "$(fields "$1" 'icmpv6.checksum.status == "Bad"' frame.number | wc -l)"
}
FILE=$LAB_DIR/nd.pcapng
ctl_capture "$FILE"
nd_frames
ctl_capture_end "$FILE"
expect_nd "$FILE"

# --- a number of frames -------------------------------------------------------------------

# pairs_whole FILE: each incoming frame is followed by itself going out on the other side, or has a
# comment. Prints the number of incoming frames, and the number of violations.
pairs_whole() {
	fields "$1" '' frame.packet_flags_direction frame.interface_name frame.comment | sed 's/0x0*//' | awk '
		$1 == 1 { if (came) bad++; came = NF == 2 ? $2 : ""; n++ }
		$1 == 2 { if (came == "" || came == $2) bad++; came = "" }
		END { print n + 0, bad + (came != "") }'
}
for n in 1 5 40; do
	FILE=$LAB_DIR/count.pcapng
	on alpha timeout 30 ping -n -q -i 0.01 -c 60 $B >"$LAB_DIR/ping" 2>&1 &
	pinging=$!
	"$CLUSTERARPCTL" -s "$SOCKET" capture -w "$FILE" --count "$n" >/dev/null 2>"$FILE.err" </dev/null &
	CAPTURE=$!
	ctl_capture_ended "$FILE"
	expect "--count $n: incoming frames, and those whose outcome is missing" "$n 0" "$(pairs_whole "$FILE")"
	wait "$pinging" || fail "pings: $(cat "$LAB_DIR/ping")"
done

# On a busy NIC a frame waits before it is sent. The capture waits for this outgoing side, and does
# not show the outgoing side of frames that came in before it began.
on alpha tc qdisc add dev eth0 root tbf rate 20mbit burst 20kb limit 100mb
timeout 60 ip netns exec alpha python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(b'x' * 8000, ('$B', 9))" 2>"$LAB_DIR/output" &
flooding=$!
waits() { "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/wait.pcapng" --count 1 2>&1 >/dev/null | grep -q . &&
	[ "$(on alpha tc -j -s qdisc show dev eth0 | jq '.[] | select(.kind == "tbf") | .backlog')" -gt 6000000 ]; }
within 20 waits || fail "the NIC is not busy"
for n in 1 2 3 17; do
	FILE=$LAB_DIR/busy.pcapng
	"$CLUSTERARPCTL" -s "$SOCKET" capture -w "$FILE" --count "$n" >/dev/null 2>"$FILE.err" </dev/null &
	CAPTURE=$!
	ctl_capture_ended "$FILE"
	expect "NIC busy, --count $n: frames in, and out" "$n $n" \
		"$(fields "$FILE" '' frame.packet_flags_direction | awk '/1$/ { i++ } /2$/ { o++ } END { print i + 0, o + 0 }')"
done
kill "$flooding"
wait "$flooding" 2>/dev/null || true
on alpha tc qdisc del dev eth0 root
expect_reach alpha beta

# --- long frames --------------------------------------------------------------------------

FILE=$LAB_DIR/long.pcapng
ctl_capture "$FILE"
on alpha ping -n -c 1 -W 2 -M 'do' -s 8972 $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
iperf alpha beta -n 20M
ctl_capture_end "$FILE"
expect "jumbo frames, both ways, before and after" 4 "$(fields "$FILE" 'icmp and frame.len == 9014' frame.number | wc -l)"
for side in cluster0 eth0; do
	expect_num "the longest frame on $side" \
		"$(fields "$FILE" "frame.interface_name == $side" frame.len | sort -n | tail -n 1)" ">" 20000
done

# --- readers that do not read ------------------------------------------------------------

fds() { find "/proc/${LAB_PID[alpha]}/fd" -mindepth 1 | wc -l; }
rss() { awk '/^VmRSS/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }
fds_are() { [ "$(fds)" -eq "$1" ]; }
FDS=$(fds)
RSS=$(rss)
reading=0 stalled=0
pings_begin() {
	on alpha timeout 60 ping -n -q -i 0.01 -c 350 -W 3 $B >"$LAB_DIR/ping" 2>&1 &
	PINGING=$!
}
pings_end() {
	wait "$PINGING" || fail "$1: $(cat "$LAB_DIR/ping")"
	expect "$1" "350 received, 0% packet loss" "$(grep -o '350 received, 0% packet loss' "$LAB_DIR/ping")"
}

# Twice, because of other load on this machine. The reader checks the data as they arrive.
for round in 1 2; do
	mkfifo "$LAB_DIR/fifo"
	timeout 60 tcpdump -r - -w /dev/null <"$LAB_DIR/fifo" >/dev/null 2>"$LAB_DIR/tcpdump.err" &
	reader=$!
	"$CLUSTERARPCTL" -s "$SOCKET" capture -w - >"$LAB_DIR/fifo" 2>"$LAB_DIR/capture.err" </dev/null &
	CAPTURE=$!
	pings_begin
	tcp_pair alpha beta -t 3
	reading=$(best "$reading" "$GBITS")
	pings_end "round $round: pings while a reader reads everything"
	kill -INT "$CAPTURE"
	wait "$CAPTURE" || fail "capture: $(cat "$LAB_DIR/capture.err")"
	wait "$reader" || fail "tcpdump: $(cat "$LAB_DIR/tcpdump.err")"
	rm "$LAB_DIR/fifo"
	say "$(cat "$LAB_DIR/capture.err")"

	FILE=$LAB_DIR/stalled.pcapng
	ctl_capture "$FILE"
	kill -STOP "$CAPTURE"
	pings_begin
	tcp_pair alpha beta -t 3
	stalled=$(best "$stalled" "$GBITS")
	pings_end "round $round: pings while a reader does not read"
	expect_rc 1 "a second capture" "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/second.pcapng"
	grep -q 'another capture is running' "$LAB_DIR/output" || fail "a second capture: $(cat "$LAB_DIR/output")"
	[ ! -e "$LAB_DIR/second.pcapng" ] || fail "a second capture leaves a file"
	kill -CONT "$CAPTURE"
	sleep 0.3
	on alpha ping -n -c 2 -i 0.2 -s 777 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
	ctl_capture_end "$FILE"
	lost=$(sed -n 's/.* records, \([0-9]*\) lost$/\1/p' "$FILE.err")
	expect_num "frames lost" "${lost:-0}" ">" 1000
	expect "the same number in the file" "$lost" \
		"$(fields "$FILE" frame.drop_count frame.drop_count | awk '{ n += $1 } END { print n + 0 }')"
	expect "frames after the stall" 8 "$(fields "$FILE" 'icmp and frame.len == 819' frame.number | wc -l)"
done
say "Gb/s: $reading with a reader, $stalled with a reader that does not read"
if [ -z "$LAB_SLOW" ]; then
	expect_num "throughput, ratio" "$(ratio "$stalled" "$reading")" ">=" 0.8
fi
within 5 fds_are "$FDS" || fail "file descriptors: expected $FDS, saw $(fds)"

# A reader that is killed while its buffer is full.
ctl_capture "$LAB_DIR/killed.pcapng"
kill -STOP "$CAPTURE"
tcp_pair alpha beta -t 1
kill -KILL "$CAPTURE"
wait "$CAPTURE" 2>/dev/null || true
within 5 fds_are "$FDS" || fail "file descriptors: expected $FDS, saw $(fds)"
ok "file descriptors: $FDS as before"
if [ -z "$LAB_SLOW" ]; then
	expect_num "growth of resident memory, KiB" $(($(rss) - RSS)) "<=" 1024
fi
ctl_capture "$LAB_DIR/last.pcapng" --count 2
on alpha ping -n -c 1 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
ctl_capture_ended "$LAB_DIR/last.pcapng"
lab_stop_all

# --- the kernel data path -----------------------------------------------------------------

lab_config mac=$CLUSTER source_mac=cluster dedicated_mac=multicast datapath=kernel
lab_start_all
lab_announced
FILE=$LAB_DIR/kernel.pcapng
ctl_capture "$FILE"
on alpha ping -n -c 3 -i 0.2 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
nd_frames
ctl_capture_end "$FILE"
expect_nd "$FILE"
expect "kernel data path: ARP between the nodes, and pings" "4 0" \
	"$(fields "$FILE" "$between" frame.number | wc -l) $(fields "$FILE" icmp frame.number | wc -l)"
expect_in() { grep -q "$2" <<<"$3" || fail "$1: $3"; ok "$1: $2"; }
expect_in "the hint for the other frames" "tcpdump -i eth0" "$(cat "$FILE.err")"
expect_in "the hint in the file" "kernel data path: only ARP, Neighbour Discovery and echoes" "$(capinfos -k "$FILE" 2>&1)"
lab_stop_all
