#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: user
#
# The kernel data path (SPEC 9): data frames do not reach the daemon, but its counters include them.
# Data keeps flowing while no daemon runs but its descriptors are held. An operator's filter on the
# TAP runs first. A removed program is attached again, and nothing is lost in the meantime.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3 family=46
lab_config liveness=0 datapath=auto
lab_start_all
expect "the data path that auto takes" kernel "$(ctl alpha -j status | jq -r .datapath)"
expect_reach alpha beta
expect_reach out alpha
expect_reach alpha out
lab_announced

# --- wake-ups and counters ---

by_family() { if [ "$LAB_FAMILY" = 6 ]; then echo "$2"; else echo "$1"; fi; }
wakes() { awk '/^voluntary_ctxt/ { print $2 }' "/proc/${LAB_PID[$1]}/status"; }
flows() { ctl "$1" -j counters | jq -c '.counters | [.tap_frames_in, .nic_frames_out, .nic_frames_in, .tap_frames_out]'; }
flows_of() { peer "$1" "$2" '.counters | "\(.frames_in) \(.frames_out) \(.bytes_in) \(.bytes_out)"'; }
for LAB_FAMILY in 4 6; do
	expect_reach alpha beta
	read -r in out bytes_in bytes_out < <(flows_of alpha beta)
	read -r gamma_in gamma_out _ < <(flows_of alpha gamma)
	before=$(flows alpha)
	woken=$(wakes beta)
	on alpha ping -n -q -i 0.002 -c 500 -s 100 "$(addr_of beta)" >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
	length=$(by_family 142 162)
	expect_num "IPv$LAB_FAMILY: wake-ups of beta's daemon, with 500 pings" $(($(wakes beta) - woken)) "<=" 20
	# The kernel may confirm an entry in that time, by a few packets.
	expect_num "frames from the TAP" "$(jq -n "$(flows alpha)[0] - ${before}[0]")" "<=" 506
	for i in 0 1 2 3; do
		expect_num "frames, counter $i" "$(jq -n "$(flows alpha)[$i] - ${before}[$i]")" ">=" 500
	done
	read -r in2 out2 bytes_in2 bytes_out2 < <(flows_of alpha beta)
	expect_num "from beta" $((in2 - in)) ">=" 500
	expect_num "to beta" $((out2 - out)) ">=" 500
	expect_num "bytes from beta" $((bytes_in2 - bytes_in)) ">=" $((500 * length))
	expect_num "bytes to beta" $((bytes_out2 - bytes_out)) "<=" $((506 * length))
	read -r gamma_in2 gamma_out2 _ < <(flows_of alpha gamma)
	# gamma may look for a router in that time (RFC 4861 6.3.7).
	expect_num "from gamma" $((gamma_in2 - gamma_in)) "<=" 2
	expect_num "to gamma" $((gamma_out2 - gamma_out)) "<=" 2

	# Drops in the kernel are counted by reason, too: a peer's address at the cluster MAC (I4).
	dropped=$(counter alpha .drops.peer_address)
	on out ip neigh replace "$(addr_of gamma)" lladdr "$LAB_CLUSTER_MAC" dev eth0
	on out ping -n -q -i 0.01 -c 20 "$(addr_of gamma)" >/dev/null || true
	expect_num "peer_address" $(($(counter alpha .drops.peer_address) - dropped)) ">=" 20
done
LAB_FAMILY=46

# --- an operator's filter on the TAP runs first ---

woken=$(wakes alpha)
on alpha tc qdisc add dev cluster0 clsact
on alpha tc filter add dev cluster0 egress prio 10 protocol all u32 match u32 0 0 flowid 1:1
behind() { on alpha tc filter show dev cluster0 egress | grep -q clusterarpd_tap; }
within 2 behind || fail "the program stays before the operator's filter"
on alpha ping -n -q -i 0.01 -c 50 12.12.4.102 >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
expect_num "a filter on the TAP accepts 50 frames, and the daemon forwards them: wake-ups" $(($(wakes alpha) - woken)) ">=" 50
on alpha tc filter del dev cluster0 egress prio 10

# --- without tcx: removed programs are attached again ---

lab_stop alpha
lab_preload no_tcx
lab_start alpha
lab_preload
lab_settle
expect_reach alpha beta

tap_program() { on alpha tc filter show dev cluster0 egress | grep -q clusterarpd_tap; }
on alpha ping -n -q -i 0.005 -c 600 12.12.4.102 >"$LAB_DIR/ping" 2>&1 &
pinging=$!
for what in "qdisc del dev cluster0 clsact" "filter del dev cluster0 egress"; do
	# shellcheck disable=SC2086
	on alpha tc $what
	within "$(seconds 1)" tap_program || fail "tc $what: the program is not attached again"
	sleep 0.3
done
wait "$pinging" || fail "pings: $(cat "$LAB_DIR/ping")"
# Removing a qdisc loses what is queued in another qdisc of that interface: the kernel resets it.
expect_num "pings answered, of 600" "$(grep -o '[0-9]* received' "$LAB_DIR/ping" | cut -d' ' -f1)" ">=" 595
expect_num "log lines about it" "$(grep -c "the data path's program was removed" "$LAB_DIR/alpha.log")" ">=" 1

# An ingress qdisc replaces clsact: the daemon forwards instead.
another_qdisc() {
	printf 'qdisc del dev cluster0 clsact\nqdisc add dev cluster0 ingress\n' |
		on alpha tc -batch - 2>/dev/null
}
within "$(seconds 10)" another_qdisc || fail "clsact is there again before the ingress qdisc is added"
said() { grep -q "cannot attach the data path's program again" "$LAB_DIR/alpha.log"; }
within "$(seconds 3)" said || fail "no log line about a qdisc instead of clsact"
ping_clean alpha beta || fail "pings from alpha to beta with another qdisc instead of clsact failed"
ping_clean beta alpha || fail "pings from beta to alpha with another qdisc instead of clsact failed"
ok "another qdisc instead of clsact: the daemon forwards what the host sends"
for LAB_FAMILY in 4 6; do
	tcp_pair alpha beta -t 1 # GSO frames of 64 KiB, which the kernel must be able to segment
	expect_num "TCP to beta through the daemon, Gb/s" "$GBITS" ">" 0.5
done
LAB_FAMILY=46
on alpha tc qdisc del dev cluster0 ingress
within "$(seconds 3)" tap_program || fail "the program is not attached once the ingress qdisc is gone"
ok "the program is attached once the ingress qdisc is gone"

# --- more frames than the daemon reads ---

# However many echoes arrive, the ring has room for ARP; and data does not wait for either.
lost=$(counter alpha .drops.kernel_ring)
echoes=$(counter alpha .drops.echo)
kill -STOP "${LAB_PID[alpha]}"
on out /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind(("eth0", 0))
echo = bytes(6 * [0xff]) + bytes.fromhex(sys.argv[1].replace(":", "")) + bytes.fromhex("88b5")
for i in range(20000):
    s.send(echo + bytes(46))
' "$(dedicated_mac alpha)"
on out arping -c 1 -w 5 -I eth0 12.12.4.101 >"$LAB_DIR/asked" 2>&1 &
asking=$!
on alpha ping -n -q -i 0.01 -c 50 12.12.4.102 >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
expect "pings while the daemon is stopped" "50 received, 0% packet loss" \
	"$(grep -o '50 received, 0% packet loss' "$LAB_DIR/output")"
kill -CONT "${LAB_PID[alpha]}"
wait "$asking" || fail "ARP after 20,000 echoes: $(cat "$LAB_DIR/asked")"
lost=$(($(counter alpha .drops.kernel_ring) - lost))
expect_num "echoes lost in the full ring" "$lost" ">" 0
expect "echoes, lost or read" 20000 $((lost + $(counter alpha .drops.echo) - echoes))

# --- no daemon, but its descriptors are held ---

# Holds the descriptors, as a service manager does.
timeout "$(seconds 60)" python3 -c '
import ctypes, os, sys
libc, pid = ctypes.CDLL(None, use_errno=True), int(sys.argv[1])
held = os.pidfd_open(pid)
for fd in map(int, os.listdir(f"/proc/{pid}/fd")):
    libc.syscall(438, held, fd, 0)  # pidfd_getfd
os.close(held)
print("held", flush=True)
sys.stdin.readline()
' "${LAB_PID[alpha]}" >"$LAB_DIR/held" < <(sleep "$(seconds 20)") &
holder=$!
held() { grep -q held "$LAB_DIR/held"; }
within "$(seconds 5)" held || fail "the descriptors cannot be held"
pinging=()
# 300 answers, however long the last takes.
pings() {
	on "$1" ping -n -i 0.01 -c 300 -w "$(seconds 30)" "$2" >"$LAB_DIR/ping.$3" 2>&1 &
	pinging+=("$!")
}
pings alpha 12.12.4.102 4
pings out 12.12.4.101 out
pings alpha "$(addr6_of beta)" 6
sleep 0.5
lab_kill alpha
tcp_pair alpha beta -t 1
say "TCP to beta without a daemon: $GBITS Gb/s"
expect_num "TCP to beta without a daemon, Gb/s" "$GBITS" ">" 0.5
for pid in "${pinging[@]}"; do wait "$pid" || fail "pings: $(tail -n 3 "$LAB_DIR"/ping.*)"; done
for to in 4 out 6; do
	expect "pings while the daemon is killed: lost, answered twice" "0 0" \
		"$(ping_answers "$LAB_DIR/ping.$to" | cut -d' ' -f2-)"
done
expect "answers of the NIC's own stack" "" "$(on out arping -c 2 -w 2 -I eth0 12.12.4.101 2>/dev/null | grep -i "$(nic_mac alpha)" || true)"
kill "$holder"
wait "$holder" 2>/dev/null || true
tap_is_gone() { ! on alpha ip link show dev cluster0 >/dev/null 2>&1; }
within "$(seconds 5)" tap_is_gone || fail "the TAP does not disappear with the last descriptor"
lab_start alpha
expect_reach alpha beta
ping_clean alpha beta || fail "pings from alpha to beta after the crash failed"
lab_stop_all
