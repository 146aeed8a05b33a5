#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: plain
#
# GSO frames pass unsegmented: captures of a TCP stream on the wire and on the receiving TAP have
# frames over 60,000 bytes. With BIG TCP on the wire TCP is not much slower than without.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2 family=46
lab_config
lab_start_all
# TCP makes its frames shorter where round trips take long, which they do on a slow machine (Linux 5.18).
for host in alpha out; do on "$host" sysctl -eqw net.ipv4.tcp_tso_rtt_log=30; done
expect_reach alpha beta
expect_reach out alpha

# biggest HOST IFACE FROM TO [TCPDUMP ARGUMENTS]: the longest frame of a stream.
biggest() {
	local host=$1 iface=$2 from=$3 to=$4
	shift 4
	capture "$host" "$iface" "$LAB_DIR/tcp.pcap" -s 96 "$@" tcp
	tcp_pair "$from" "$to" -n 200M
	capture_stop
	BIGGEST=$(frames longest "$LAB_DIR/tcp.pcap")
}

# wire_sizes BYTES: sets gso_max_size and gro_max_size of every veth, as far as possible.
wire_sizes() {
	local host
	for host in alpha beta out; do
		frames bigtcp "$host:eth0" "$1"
		frames bigtcp "sw:p_$host" "$1"
	done
	frames bigtcp sw:br0 "$1" || true
}

for LAB_FAMILY in 4 6; do
	biggest sw p_alpha alpha beta -Q in
	expect_num "longest frame, wire at alpha" "$BIGGEST" ">" 60000
	biggest beta cluster0 alpha beta -Q in
	expect_num "longest frame, beta's TAP" "$BIGGEST" ">" 60000
	biggest alpha cluster0 out alpha -Q in
	expect_num "longest frame, from the outsider to alpha's TAP" "$BIGGEST" ">" 60000
done

# Before Linux 6.2 a packet socket cannot receive such a frame; a TAP gets it segmented.
cannot_receive_uso() {
	case $LAB_DATAPATH.$(uname -r) in user.[0-5].* | user.6.[01].*) true ;; *) false ;; esac
}
# gso_udp FROM TO: datagrams sent 20 at a time (UDP_SEGMENT) arrive as datagrams. The receiver has room for all:
# it may not run for a while.
gso_udp() {
	# shellcheck disable=SC2016
	on "$2" timeout -k 1 "$(seconds 20)" /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
s.bind(("::", 9999))
second = int(sys.argv[1])
s.settimeout(5 * second)  # the sender is a program that has to start
sizes = []
try:
    while len(sizes) < 1000:
        sizes.append(len(s.recv(65536)))
        s.settimeout(1.5 * second)
except TimeoutError:
    pass
print(len(sizes), *sorted(set(sizes)))' "$(seconds 1)" >"$LAB_DIR/udp" &
	local receiver=$! before
	before=$(counter alpha .drops.malformed)
	within "$(seconds 5)" on "$2" sh -c 'ss -Hlun "sport = :9999" | grep -q .' || fail "no receiver on $2"
	on "$1" /usr/bin/python3 -c '
import socket, sys, time
to = socket.getaddrinfo(sys.argv[1], 9999, type=socket.SOCK_DGRAM)[0]
s = socket.socket(to[0], socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 1400)  # UDP_SEGMENT
for i in range(50):
    s.sendto(bytes(20 * 1400), to[4])
    time.sleep(0.002)' "$(addr_on "$1" "$2")" || fail "$1 cannot send"
	wait "$receiver" || fail "no datagrams at $2"
	read -r received sizes <"$LAB_DIR/udp"
	if [ "$1 $2" = "out alpha" ] && cannot_receive_uso; then
		expect "datagrams of 1000 that $2 receives from $1" 0 "$received"
		expect "frames that are dropped, and counted" 50 $(($(counter alpha .drops.malformed) - before))
		return
	fi
	expect_num "datagrams of 1000 that $2 receives from $1" "$received" ">=" 900
	expect "their length" 1400 "$sizes"
}
for LAB_FAMILY in 4 6; do
	gso_udp alpha beta
	gso_udp out alpha
	gso_udp alpha out
done
LAB_FAMILY=4

# The best of several interleaved rounds; a busy machine gets more rounds.
normal=0 big=0
# enough ROUND LEAST RATIO
enough() {
	[ "$1" -ge "$2" ] &&
		{ [ -n "$LAB_SLOW" ] || awk -v b="$big" -v n="$normal" -v r="$3" 'BEGIN { exit !(b >= r * n) }'; }
}
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	wire_sizes 65536
	tcp_pair alpha beta
	normal=$(best "$normal" "$GBITS")
	wire_sizes 190000
	tcp_pair alpha beta
	big=$(best "$big" "$GBITS")
	! enough "$round" 4 0.75 || break
done
say "best of $round rounds: $normal Gb/s, BIG TCP $big Gb/s"
[ -n "$LAB_SLOW" ] ||
	expect_num "BIG TCP between nodes, ratio" "$(ratio "$big" "$normal")" ">=" 0.75

# IPv6's BIG TCP has a hop-by-hop header (RFC 2675) until the frames are segmented.
LAB_FAMILY=6 tcp_pair alpha beta
LAB_FAMILY=6 tcp_pair out alpha
expect_num "BIG TCP over IPv6 from the outsider, Gb/s" "$GBITS" ">" 0.1

# IPv4's BIG TCP came with Linux 6.3.
case $(uname -r) in
[0-5].* | 6.[0-2].*)
	say "no BIG TCP for IPv4 before Linux 6.3; this is $(uname -r)"
	ping_all_pairs
	lab_stop_all
	exit 0
	;;
esac

# The outsider's own stack does make BIG TCP frames, and they must arrive.
biggest sw p_out out alpha -Q in
expect_num "longest frame sent by the outsider" "$BIGGEST" ">" 65550
normal=0 big=0
for round in 1 2 3 4 5 6 7 8; do
	wire_sizes 65536
	tcp_pair out alpha
	normal=$(best "$normal" "$GBITS")
	wire_sizes 190000
	tcp_pair out alpha
	big=$(best "$big" "$GBITS")
	! enough "$round" 1 0.5 || break
done
say "outsider to alpha: $normal Gb/s, BIG TCP $big Gb/s"
[ -n "$LAB_SLOW" ] ||
	expect_num "BIG TCP from the outsider, ratio" "$(ratio "$big" "$normal")" ">=" 0.5
ping_all_pairs
lab_stop_all
