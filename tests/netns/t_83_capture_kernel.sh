#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: user
#
# `capture` on the kernel data path: each frame that the eBPF programs handle, on both sides, with the
# rules or the reason; those that pass through the daemon once. It appears at once, also for a reader of
# a pipe. What is captured and what is counted as lost are together what was handled, to the last
# frame. While nobody captures, the programs are the plain ones, however the last capture ended.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=capture.sh
. "$LAB_TOP/capture.sh"

lab_nodes 2 ageing=0
lab_config datapath=kernel liveness=0
lab_start_all
SOCKET=$(socket_of alpha)
DED_A=$(dedicated_mac alpha)
DED_B=$(dedicated_mac beta)
A=$(addr_of alpha)
B=$(addr_of beta)
OUT=$(nic_mac out)
lab_announced
expect_reach alpha beta
expect_reach out alpha

# The programs that are attached, by the hash of their instructions.
programs() {
	lab_programs alpha eth0 ingress
	lab_programs alpha eth0 egress
	lab_programs alpha cluster0 egress
}
are_plain() { [ "$(programs)" = "$PLAIN" ]; }
expect_plain() {
	within "$(seconds 2)" are_plain || fail "$1: other programs are attached: $(programs)"
	ok "$1: the plain programs are attached"
}
PLAIN=$(programs)
expect "programs" 3 "$(wc -l <<<"$PLAIN")"
# sides FILE FILTER: interface, direction, source, destination and comment of each.
sides() {
	fields "$1" "$2" frame.interface_name frame.packet_flags_direction eth.src eth.dst frame.comment |
		sed 's/0x0*//; s/ *$//'
}
# raw END COUNT HEX…: sends this frame, filled up with zeros to 60 bytes.
raw() {
	local end=$1 count=$2 hex
	shift 2
	hex=${*//[: ]/}
	frames raw "$end" --count "$count" "$(printf '%-120s' "$hex" | tr ' ' 0)"
}
IP_TEST=45000020000000004011 # an IPv4 header with UDP, up to its checksum

# --- each kind of frame ---------------------------------------------------------------------

FILE=$LAB_DIR/kinds.pcapng
on alpha ip neigh flush dev cluster0
ctl_capture "$FILE"
! are_plain || fail "the plain programs are attached while somebody captures"
on alpha ping -n -c 1 -W "$(seconds 1)" "$B" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
# Dropped: another node's dedicated MAC, a peer's address at the cluster MAC, an address elsewhere,
# and by the daemon an echo and a spoofed packet. With a tag (VID 10), to the dedicated MAC.
raw out:eth0 1 "$DED_B $OUT 88b5 01"
raw out:eth0 1 "$LAB_CLUSTER_MAC $OUT 0800 $IP_TEST 0000 0c0c04c8 0c0c0466"
raw out:eth0 1 "$LAB_CLUSTER_MAC $OUT 0800 $IP_TEST 0000 0c0c04c8 08080808"
raw out:eth0 1 "$DED_A $DED_A 88b5 02"
frames arp out:eth0 --sha 02:66:66:66:66:66 --spa "$B" --tpa "$A"
raw out:eth0 1 "$DED_A $OUT 8100 000a 88b5 03"
raw alpha:cluster0 1 "$OUT $LAB_CLUSTER_MAC 8100 000a 88b5 04"
ctl_capture_end "$FILE"
expect_plain "after the capture"

expect "a ping, both ways" \
	"cluster0 1 $LAB_CLUSTER_MAC $DED_B
eth0 2 $DED_A $DED_B E1
eth0 1 $DED_B $DED_A
cluster0 2 $DED_B $LAB_CLUSTER_MAC I2" "$(sides "$FILE" icmp)"
expect "ARP of the ping, each once" \
	"cluster0 1 $LAB_CLUSTER_MAC ff:ff:ff:ff:ff:ff
eth0 2 $DED_A ff:ff:ff:ff:ff:ff E1, E2
eth0 1 $DED_B $DED_A
cluster0 2 $DED_B $LAB_CLUSTER_MAC I2" \
	"$(sides "$FILE" "arp.src.proto_ipv4 in {$A, $B} and arp.dst.proto_ipv4 in {$A, $B} and eth.src != 02:66:66:66:66:66")"
expect "another node's frame" "eth0 1 $OUT $DED_B dropped: not_ours" "$(sides "$FILE" 'data.data[0] == 1')"
expect "a peer's address" "eth0 1 $OUT $LAB_CLUSTER_MAC dropped: peer_address" "$(sides "$FILE" "ip.dst == $B and ip.src == ${LAB_ADDR[out]}")"
expect "an address elsewhere" "eth0 1 $OUT $LAB_CLUSTER_MAC dropped: elsewhere" "$(sides "$FILE" 'ip.dst == 8.8.8.8')"
expect "an echo" "eth0 1 $DED_A $DED_A dropped: echo" "$(sides "$FILE" 'data.data[0] == 2')"
expect "a spoofed packet" "eth0 1 02:66:66:66:66:66 ff:ff:ff:ff:ff:ff dropped: spoofed" \
	"$(sides "$FILE" "arp and eth.src == 02:66:66:66:66:66")"
expect "a tagged frame from the wire" "eth0 1 $OUT $DED_A
cluster0 2 $OUT $LAB_CLUSTER_MAC I2" "$(sides "$FILE" 'vlan.id == 10 and data.data[0] == 3')"
expect "a tagged frame from the host" "cluster0 1 $LAB_CLUSTER_MAC $OUT
eth0 2 $DED_A $OUT E1" "$(sides "$FILE" 'vlan.id == 10 and data.data[0] == 4')"
expect "the comment on the file" "" "$(capinfos -k "$FILE" 2>/dev/null | sed -n 's/^Capture comment: *//p')"
order=$(fields "$FILE" '' frame.time_epoch)
expect "frames in the order of time" "$(sort -n <<<"$order")" "$order" >/dev/null
age=$(($(date +%s) - $(fields "$FILE" icmp frame.time_epoch | head -n 1 | cut -d. -f1)))
expect_num "seconds since the ping, by its time" "$age" "<=" "$(seconds 15)"
expect_num "seconds since the ping, by its time" "$age" ">=" 0

# --- lengths --------------------------------------------------------------------------------

FILE=$LAB_DIR/lengths.pcapng
for snaplen in 64 256 2000 262144; do
	if [ "$snaplen" = 256 ]; then ctl_capture "$FILE"; else ctl_capture "$FILE" --snaplen "$snaplen"; fi
	for size in 1 22 23 200 214 215 1000 1472; do
		on alpha ping -n -c 1 -W "$(seconds 1)" -s "$size" "$B" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
	done
	ctl_capture_end "$FILE"
	expect "snaplen $snaplen: length and what is kept of it" \
		"$(for size in 1 22 23 200 214 215 1000 1472; do
			len=$((size + 42))
			for _ in 1 2 3 4; do echo "$len $((len < snaplen ? len : snaplen))"; done
		done)" "$(fields "$FILE" icmp frame.len frame.cap_len)" >/dev/null
done
ok "lengths and what is kept of them"
ctl_capture "$FILE"
iperf alpha beta -n 20M
ctl_capture_end "$FILE"
for side in cluster0 eth0; do
	expect_num "the longest frame on $side" \
		"$(fields "$FILE" "frame.interface_name == $side" frame.len | sort -n | tail -n 1)" ">" 20000
done
expect "what is kept of it" 256 "$(fields "$FILE" '' frame.cap_len | sort -n | tail -n 1)"
for wrong in 0 63 262145 1e3 -64 '' 99999999999999999999; do
	expect_rc 2 "--snaplen '$wrong'" "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/wrong" --snaplen "$wrong"
done
expect_rc 2 "--snaplen with another command" ctl alpha --snaplen 100 status
# asked REQUEST: the daemon's answer.
asked() {
	/usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
print(s.makefile().readline())' "$SOCKET" "$1"
}
for wrong in 63 262145 '"a"' -1 null 1e3; do
	expect "a request with snaplen $wrong" '{"message":"a snaplen is from 64 to 262144"}' \
		"$(asked "{\"command\": \"capture\", \"snaplen\": $wrong}" | jq -c .error)"
done

# --- a number of frames ---------------------------------------------------------------------

for n in 1 5 40; do
	FILE=$LAB_DIR/count.pcapng
	on alpha timeout 30 ping -n -q -i 0.01 -c 100 "$B" >"$LAB_DIR/ping" 2>&1 &
	pinging=$!
	"$CLUSTERARPCTL" -s "$SOCKET" capture -w "$FILE" --count "$n" >/dev/null 2>"$FILE.err" </dev/null &
	CAPTURE=$!
	ctl_capture_ended "$FILE"
	expect "--count $n: frames in, and out" "$n $n" "$(fields "$FILE" '' frame.packet_flags_direction |
		awk '/1$/ { i++ } /2$/ { o++ } END { print i + 0, o + 0 }')"
	wait "$pinging" || fail "pings: $(cat "$LAB_DIR/ping")"
	expect_plain "after $n frames"
done

# --- live -----------------------------------------------------------------------------------

mkfifo "$LAB_DIR/fifo"
four_lines() { [ "$(wc -l <"$LAB_DIR/live")" -ge 4 ]; }
for reader in "tshark -n -l -r - icmp" "tcpdump -n -l -r - icmp"; do
	# shellcheck disable=SC2086
	timeout 60 $reader <"$LAB_DIR/fifo" >"$LAB_DIR/live" 2>/dev/null &
	reading=$!
	"$CLUSTERARPCTL" -s "$SOCKET" capture >"$LAB_DIR/fifo" 2>"$LAB_DIR/live.err" </dev/null &
	CAPTURE=$!
	sleep "$(seconds 2)" # for the reader to start
	on alpha ping -n -c 1 -W "$(seconds 1)" "$B" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
	within "$(seconds 1)" four_lines || fail "$reader: not all of a ping after a second: $(cat "$LAB_DIR/live" "$LAB_DIR/live.err")"
	kill -INT "$CAPTURE"
	wait "$CAPTURE" || fail "capture: $(cat "$LAB_DIR/live.err")"
	wait "$reading" || fail "$reader fails"
	ok "live: $reader"
	expect_plain "after ${reader%% *}"
done

# --- while somebody captures ------------------------------------------------------------------

# A second one is refused. The NIC goes and comes back, the configuration is read again: the capture goes on.
FILE=$LAB_DIR/events.pcapng
ctl_capture "$FILE"
expect_rc 1 "a second capture" "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/second.pcapng"
grep -qx "clusterarpctl: refused: another capture runs (process $CAPTURE, user root)" "$LAB_DIR/output" ||
	fail "a second capture: $(cat "$LAB_DIR/output")"
[ ! -e "$LAB_DIR/second.pcapng" ] || fail "a second capture leaves a file"
observed=$(programs)
attached_again() { [ "$(programs)" = "$observed" ]; }
on alpha ping -n -c 1 -W "$(seconds 1)" -s 101 "$B" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
NIC=$(nic_mac alpha)
ip -n alpha link del eth0
sleep 0.5
lab_veth alpha eth0 "$NIC" p_alpha
within "$(seconds 5)" attached_again || fail "the programs are not attached to the new NIC: $(programs)"
within "$(seconds 5)" reach alpha beta || fail "alpha does not reach beta with another NIC"
on alpha ping -n -c 1 -W "$(seconds 1)" -s 102 "$B" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
sed -i 's/^\[node alpha\]/neigh = seed\n&/' "$LAB_CONF"
ctl alpha reload >"$LAB_DIR/output" || fail "reload: $(cat "$LAB_DIR/output")"
on alpha ping -n -c 1 -W "$(seconds 1)" -s 103 "$B" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
ctl_capture_end "$FILE"
for len in 143 144 145; do
	expect "pings of $len bytes, both ways" 4 "$(fields "$FILE" "icmp and frame.len == $len" frame.number | wc -l)"
done
expect_plain "after the events"

# The client is killed, while it reads and while it does not; the daemon is killed.
ctl_capture "$LAB_DIR/killed.pcapng"
kill -KILL "$CAPTURE"
wait "$CAPTURE" 2>/dev/null || true
expect_plain "after kill -9 of the client"
ctl_capture "$LAB_DIR/killed.pcapng" --snaplen 262144
kill -STOP "$CAPTURE"
iperf alpha beta -n 50M
kill -KILL "$CAPTURE"
wait "$CAPTURE" 2>/dev/null || true
expect_plain "after kill -9 of a client that does not read"
ctl_capture "$LAB_DIR/restart.pcapng"
lab_kill alpha
within "$(seconds 5)" ended || fail "the client does not end with its daemon"
rc=0
wait "$CAPTURE" || rc=$?
expect "exit status of a client whose daemon is killed" 3 "$rc"
grep -q "the daemon" "$LAB_DIR/restart.pcapng.err" || fail "it says: $(cat "$LAB_DIR/restart.pcapng.err")"
lab_start alpha
expect_plain "after kill -9 of the daemon, and a start"
within "$(seconds 5)" reach alpha beta || fail "alpha does not reach beta"

# It ends while there is no NIC.
ctl_capture "$LAB_DIR/without.pcapng"
ip -n alpha link del eth0
sleep 0.5
ctl_capture_end "$LAB_DIR/without.pcapng"
lab_veth alpha eth0 "$NIC" p_alpha
within "$(seconds 5)" reach alpha beta || fail "alpha does not reach beta with another NIC"
expect_plain "after a capture that ended without a NIC"

# A client that says that it reads no more frames, and reads nothing at all, is cut.
on alpha timeout 30 iperf3 -s -1 -p 5190 >/dev/null 2>&1 &
serving=$!
/usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"{\"command\": \"capture\", \"snaplen\": 262144}\n")
print("begun", flush=True)
sys.stdin.readline()
s.shutdown(socket.SHUT_WR)
time.sleep(60)' "$SOCKET" <"$LAB_DIR/fifo" >"$LAB_DIR/mute" &
mute=$!
exec 7>"$LAB_DIR/fifo"
within "$(seconds 5)" grep -q begun "$LAB_DIR/mute"
within "$(seconds 5)" eval '! are_plain'
within "$(seconds 5)" listens alpha 5190
on beta iperf3 -c "$A" -p 5190 -n 50M >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
wait "$serving"
echo >&7
exec 7>&-
expect_plain "once a client wants no more"
free_again() { "$CLUSTERARPCTL" -s "$SOCKET" capture -w "$LAB_DIR/count.pcapng" --count 1 2>&1 | grep -q captured; }
on beta timeout 60 ping -q -i 0.1 "$A" >/dev/null 2>&1 &
pinging=$!
within "$(seconds 8)" free_again || fail "a client that reads nothing keeps others from capturing"
kill "$mute" "$pinging"
wait "$mute" "$pinging" 2>/dev/null || true
ok "a client that reads nothing is cut"

# --- the sum --------------------------------------------------------------------------------

# Frames of all kinds, more than a client takes that reads now and then, and nobody else sends. What
# the counters have is what was captured and what is counted as lost.
lab_stop beta
ip -n sw link set p_beta down
lab_announced
handled() {
	ctl alpha -j counters | jq '.counters | .tap_frames_in + .nic_frames_in + .drops.not_ours + .drops.kernel_ring'
}
left() { ctl alpha -j counters | jq '.counters | .tap_frames_out + .nic_frames_out'; }
flood() {
	on "${1%%:*}" /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
frames = [bytes.fromhex(f.replace(":", "").replace(" ", "")).ljust(60, b"\0") for f in sys.argv[3:]]
for i in range(int(sys.argv[2])):
    try:
        s.send(frames[i % len(frames)])
    except OSError:
        pass # no room in a queue
' "${1#*:}" "${@:2}"
}
# No probes and no router solicitations in between, for which nobody asked.
for host in alpha out sw; do
	for conf in $(on "$host" find /proc/sys/net/ipv6/conf -name router_solicitations); do
		on "$host" sh -c "echo 0 >$conf"
	done
done
on alpha ip neigh replace "${LAB_ADDR[out]}" lladdr "$OUT" dev cluster0 nud permanent
quiet() { [ "$(handled)" = "$(sleep 1.5 && handled)" ]; }
for way in read stop; do
	within "$(seconds 30)" quiet || fail "alpha is not quiet"
	FILE=$LAB_DIR/sum.pcapng
	before=$(handled) sent=$(left)
	ctl_capture "$FILE"
	[ "$way" = read ] || kill -STOP "$CAPTURE"
	flood alpha:cluster0 150000 "$OUT $LAB_CLUSTER_MAC 88b5 05" &
	flooding=$!
	flood out:eth0 150000 "$DED_A $OUT 88b5 06" "$DED_B $OUT 88b5 07" "ff:ff:ff:ff:ff:ff $OUT 88b5 08" \
		"$LAB_CLUSTER_MAC $OUT 0800 $IP_TEST 0000 0c0c04c8 08080808" \
		"ff:ff:ff:ff:ff:ff $OUT 0806 0001 0800 0604 0001 $OUT 0c0c04c8 000000000000 0c0c04fa"
	wait "$flooding"
	within "$(seconds 30)" quiet || fail "alpha is not quiet after the flood"
	kill -CONT "$CAPTURE"
	sleep 0.3
	kill -INT "$CAPTURE"
	within "$(seconds 10)" ended || fail "the capture does not end"
	after=$(handled) sent=$(($(left) - sent))
	ctl_capture_ended "$FILE" >/dev/null
	frames=$(ctl_capture_frames "$FILE") missed=$(ctl_capture_missed "$FILE")
	expect_num "$way: frames captured" "$frames" ">" 1000
	[ "$way" = read ] || expect_num "$way: frames that were not captured" "$missed" ">" 1000
	expect "$way: both together are what was handled" $((after - before)) $((frames + missed))
	records=$(ctl_capture_records "$FILE") lost=$(ctl_capture_lost "$FILE")
	expect "$way: records, and those that were lost, are both sides of it" \
		$((after - before + sent)) $((records + lost))
	expect "$way: in the file, frames that came in" "$frames" \
		"$(fields "$FILE" 'frame.packet_flags_direction == 1' frame.number | wc -l)"
done
# What has passed when the client ends, and was not read yet, is captured, too.
ctl_capture "$FILE"
kill -STOP "${LAB_PID[alpha]}"
flood out:eth0 3000 "$DED_A $OUT 88b5 06"
kill -INT "$CAPTURE"
sleep 0.2
kill -CONT "${LAB_PID[alpha]}"
ctl_capture_ended "$FILE"
expect "frames while the daemon does nothing: both sides" 6000 \
	"$(fields "$FILE" 'eth.type == 0x88b5' frame.number | wc -l)"
grep -q 'frames were not captured' "$LAB_DIR/alpha.log" || fail "the log does not tell of the loss"
expect_plain "after the floods"
ip -n sw link set p_beta up
lab_start beta
within "$(seconds 5)" reach alpha beta || fail "alpha does not reach beta"

# --- throughput ------------------------------------------------------------------------------

# Three times, because of other load on this machine.
if [ -z "$LAB_SLOW" ]; then
	plain=0 capturing=0
	for round in 1 2 3; do
		tcp_pair alpha beta -t 1
		plain=$(best "$plain" "$GBITS")
		ctl_capture "$LAB_DIR/fast.pcapng"
		tcp_pair alpha beta -t 1
		capturing=$(best "$capturing" "$GBITS")
		kill -INT "$CAPTURE"
		wait "$CAPTURE" || fail "capture: $(cat "$LAB_DIR/fast.pcapng.err")"
		say "round $round: $(xargs <"$LAB_DIR/fast.pcapng.err")"
	done
	say "Gb/s: $plain, $capturing while somebody captures"
	expect_num "throughput, ratio" "$(ratio "$capturing" "$plain")" ">=" 0.5
fi
lab_stop_all

# --- the user data path takes over --------------------------------------------------------------

# Programs that are removed, which they can be as filters, are attached again. The TAP gets another qdisc,
# and the NIC is another one: the capture goes on with what the daemon sees.
lab_config datapath=auto
lab_preload no_tcx
lab_start_all
expect "the data path" kernel "$(ctl alpha -j status | jq -r .datapath)"
expect_reach alpha beta
FILE=$LAB_DIR/fallback.pcapng
ctl_capture "$FILE"
observed=$(programs)
for what in "filter del dev eth0 ingress" "qdisc del dev eth0 clsact" "qdisc del dev cluster0 clsact"; do
	# shellcheck disable=SC2086
	on alpha tc $what
	within "$(seconds 3)" attached_again || fail "tc $what: the programs are not attached again: $(programs)"
	ok "tc $what: attached again"
done
another_qdisc() {
	printf 'qdisc del dev cluster0 clsact\nqdisc add dev cluster0 ingress\n' |
		on alpha tc -batch - 2>/dev/null
}
within "$(seconds 10)" another_qdisc || fail "clsact is there again before the ingress qdisc is added"
ip -n alpha link del eth0
sleep 0.5
lab_veth alpha eth0 "$NIC" p_alpha
on_user_path() { [ "$(ctl alpha -j status | jq -r .datapath)" = user ]; }
within "$(seconds 5)" on_user_path || fail "the user data path does not take over"
within "$(seconds 5)" reach alpha beta || fail "alpha does not reach beta"
sleep "$(seconds 3)" # the daemons ask whether the other one is there
on alpha ping -n -c 1 -W "$(seconds 1)" -s 104 "$B" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
ctl_capture_end "$FILE"
asked=$(fields "$FILE" 'frame.comment == "answers the daemon"' frame.packet_flags_direction | sort -u)
expect "answers to the daemon's own questions are seen where they come in" 0x00000001 "$asked"
expect "a ping on the user data path, both ways" 4 "$(fields "$FILE" 'icmp and frame.len == 146' frame.number | wc -l)"
expect_reach beta alpha
lab_stop_all
