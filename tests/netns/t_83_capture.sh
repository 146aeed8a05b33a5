#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: plain
# run: user
#
# `capture`: frames before and after the rewrite, in a file that tcpdump and tshark read: figure 6
# (SPEC 2) row by row, the rules or the reason as comment, and a count of the frames for which there
# was no room. A reader that stalls or dies does not slow down the traffic. This is the user data path;
# t_83_capture_kernel.sh has the other one.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=capture.sh
. "$LAB_TOP/capture.sh"

CLUSTER=02:bf:aa:bb:cc:dd
DED_A=03:bf:0c:0c:04:65
DED_B=03:bf:0c:0c:04:66
A=12.12.4.101
B=12.12.4.102
ZERO=00:00:00:00:00:00

lab_nodes 2 ageing=0 mtu=9000 family=46
lab_config mac=$CLUSTER source_mac=cluster dedicated_mac=multicast arp=broadcast datapath=user liveness=0
lab_start_all
SOCKET=$(socket_of alpha)

# --- figure 6 ---------------------------------------------------------------------------

lab_announced
FILE=$LAB_DIR/figure6.pcapng
ctl_capture "$FILE"
expect "mode of the file" 600 "$(stat -c %a "$FILE")"
on alpha ping -n -c 1 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
frames arp out:eth0 --sha 02:66:66:66:66:66 --spa $B --tpa $A
ctl_capture_end "$FILE"

between="arp.src.proto_ipv4 in {$A, $B} and arp.dst.proto_ipv4 in {$A, $B} and not frame.comment contains \"dropped\""
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
expect "the rules of figures 6 and 7" "E1, E2
I2
E1
I2" "$(fields "$FILE" "($between or icmp) and frame.packet_flags_direction == 2" frame.comment)"
expect "the spoofed packet's comment" "eth0 02:66:66:66:66:66 dropped: spoofed" \
	"$(fields "$FILE" 'frame.comment contains "dropped"' frame.interface_name eth.src frame.comment)"

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
		"$(fields "$1" 'frame.comment contains "dropped" and icmpv6.type == 136' frame.interface_name frame.comment)"
	expect "the long advertisement, before and after (I6), option and length" "eth0 1 $CLUSTER 406
cluster0 2 $DED_B 406" "$(fields "$1" 'icmpv6.type == 136 and frame.len > 300' frame.interface_name \
		frame.packet_flags_direction icmpv6.opt.linkaddr frame.cap_len | sed 's/0x0*//')"
	expect "messages with a wrong checksum" 0 "$(fields "$1" 'icmpv6.checksum.status == "Bad"' frame.number | wc -l)"
}
FILE=$LAB_DIR/nd.pcapng
ctl_capture "$FILE" --snaplen 262144
nd_frames
ctl_capture_end "$FILE"
expect_nd "$FILE"

# --- a number of frames -------------------------------------------------------------------

# pairs_whole FILE: each incoming frame is followed by itself going out on the other side, or has a
# comment. Prints the number of incoming frames, and the number of violations.
pairs_whole() {
	fields "$1" '' frame.packet_flags_direction frame.interface_name frame.comment | sed 's/0x0*//' | awk '
		$1 == 1 { if (came) bad++; came = /dropped/ ? "" : $2; n++ }
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
within "$(seconds 20)" waits || fail "the NIC is not busy"
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
ctl_capture "$FILE" --snaplen 9014
on alpha ping -n -c 1 -W 2 -M 'do' -s 8972 $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
iperf alpha beta -n 20M
ctl_capture_end "$FILE"
expect "jumbo frames, both ways, before and after" 4 "$(fields "$FILE" 'icmp and frame.len == 9014' frame.number | wc -l)"
expect "the longest that is kept" 9014 "$(fields "$FILE" '' frame.cap_len | sort -n | tail -n 1)"
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

# Twice, because of other load on this machine. The reader checks the data as they arrive.
for round in 1 2; do
	mkfifo "$LAB_DIR/fifo"
	timeout 60 tcpdump -r - -w /dev/null <"$LAB_DIR/fifo" >/dev/null 2>"$LAB_DIR/tcpdump.err" &
	reader=$!
	"$CLUSTERARPCTL" -s "$SOCKET" capture -w - >"$LAB_DIR/fifo" 2>"$LAB_DIR/capture.err" </dev/null &
	CAPTURE=$!
	pings_begin alpha $B
	tcp_pair alpha beta -t 3
	reading=$(best "$reading" "$GBITS")
	pings_end "round $round: pings while a reader reads everything" 300
	kill -INT "$CAPTURE"
	wait "$CAPTURE" || fail "capture: $(cat "$LAB_DIR/capture.err")"
	wait "$reader" || fail "tcpdump: $(cat "$LAB_DIR/tcpdump.err")"
	rm "$LAB_DIR/fifo"
	say "$(cat "$LAB_DIR/capture.err")"

	FILE=$LAB_DIR/stalled.pcapng
	ctl_capture "$FILE"
	kill -STOP "$CAPTURE"
	pings_begin alpha $B
	tcp_pair alpha beta -t 3
	stalled=$(best "$stalled" "$GBITS")
	pings_end "round $round: pings while a reader does not read" 300
	expect_rc 1 "a second capture" "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/second.pcapng"
	grep -q "another capture runs (process $CAPTURE, user root)" "$LAB_DIR/output" || fail "a second capture: $(cat "$LAB_DIR/output")"
	[ ! -e "$LAB_DIR/second.pcapng" ] || fail "a second capture leaves a file"
	kill -CONT "$CAPTURE"
	sleep 0.3
	on alpha ping -n -c 2 -i 0.2 -s 777 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
	ctl_capture_end "$FILE"
	expect_num "records lost" "$(ctl_capture_lost "$FILE")" ">" 1000
	expect "the same number in the file" "$(ctl_capture_lost "$FILE")" \
		"$(fields "$FILE" frame.drop_count frame.drop_count | awk '{ n += $1 } END { print n + 0 }')"
	expect_num "frames that were not captured" "$(ctl_capture_missed "$FILE")" ">" 500
	expect "frames after the stall" 8 "$(fields "$FILE" 'icmp and frame.len == 819' frame.number | wc -l)"
done
say "Gb/s: $reading with a reader, $stalled with a reader that does not read"
if [ -z "$LAB_SLOW" ]; then
	expect_num "throughput, ratio" "$(ratio "$stalled" "$reading")" ">=" 0.8
fi
within "$(seconds 5)" fds_are "$FDS" || fail "file descriptors: expected $FDS, saw $(fds)"

# A reader that is killed while its buffer is full.
ctl_capture "$LAB_DIR/killed.pcapng"
kill -STOP "$CAPTURE"
tcp_pair alpha beta -t 1
kill -KILL "$CAPTURE"
wait "$CAPTURE" 2>/dev/null || true
within "$(seconds 5)" fds_are "$FDS" || fail "file descriptors: expected $FDS, saw $(fds)"
ok "file descriptors: $FDS as before"
if [ -z "$LAB_SLOW" ]; then
	expect_num "growth of resident memory, KiB" $(($(rss) - RSS)) "<=" 1024
fi
ctl_capture "$LAB_DIR/last.pcapng" --count 2
on alpha ping -n -c 1 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
ctl_capture_ended "$LAB_DIR/last.pcapng"
lab_stop_all
