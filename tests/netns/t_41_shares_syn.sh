#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: kernel
#
# shares = driven (SPEC 11): connections in the making while their bucket moves; servers that are bound to
# the TAP; SYN cookies.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"

# The outsider loses packets: lose CHAIN MATCH…; lose_nothing.
lose() {
	on out nft -f - <<-NFT
		table inet lose {
			chain lose { type filter hook $1 priority 0; tcp ${*:2} counter drop; }
		}
	NFT
}
lose_nothing() {
	expect_num "packets that the outsider has lost" \
		"$(on out nft -j list table inet lose | jq '[.. | .counter? // empty | .packets] | add')" ">=" "$1"
	on out nft delete table inet lose
}
syns_received() { [ "$(on alpha ss -Htan state syn-recv "sport = :$PORT" | wc -l)" -ge "$1" ]; }

lab_nodes 3 family=46
sources 3
lab_config shares=driven
lab_start_all
serve_all

say "a SYN retransmitted after its bucket has moved"
order alpha beta=0 gamma=0
lose input sport $PORT tcp flags '&' '(syn | ack)' == '(syn | ack)'
hold_begin syn "$CLUSTER4" 40
within "$(seconds 3)" syns_received 40 || fail "alpha got $(on alpha ss -Htan state syn-recv | wc -l) SYNs, not 40"
order alpha=0 beta gamma
lose_nothing 40
within "$(seconds 15)" hold_settled syn || fail "$(hold_told syn .)"
expect_held "SYN retransmitted after a move" syn 0
say "served by $(hold_told syn '.by_node | tojson')"
hold_stop syn

say "the client's ACK comes after the bucket has moved"
order alpha beta=0 gamma=0
lose output dport $PORT tcp flags '&' '(syn | ack)' == ack
hold_begin ack "$CLUSTER6" 40
within "$(seconds 3)" syns_received 40 || fail "alpha got $(on alpha ss -Htan state syn-recv | wc -l) SYNs, not 40"
order alpha=0 beta gamma
lose_nothing 40
within "$(seconds 15)" hold_settled ack || fail "$(hold_told ack .)"
expect_held "ACK after a move" ack 0
expect "connections of alpha, which answered the SYNs" 40 "$(hold_by ack alpha)"
hold_stop ack

# from_ports SECONDS: the outsider begins connections from the ports 20000 to 20019, and gives up; prints how
# many were established in that time.
from_ports() {
	on out /usr/bin/python3 - "$LAB_CLUSTER_IP" "$PORT" "$1" <<-'PYTHON'
		import socket, sys, time
		address, port, patience = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
		sockets = []
		for own in range(20000, 20020):
		    s = socket.socket()
		    s.setblocking(False)
		    s.bind(("", own))
		    s.connect_ex((address, port))
		    sockets.append(s)
		time.sleep(patience)
		def is_connected(s):
		    try:
		        s.getpeername()
		    except OSError:
		        return False
		    return True
		print(sum(map(is_connected, sockets)))
	PYTHON
}

say "a client whose SYN-ACK was lost begins anew from the same port"
order alpha=0 beta gamma
order alpha beta=0 gamma=0
lose input sport $PORT tcp flags '&' '(syn | ack)' == '(syn | ack)'
expect "established without SYN-ACKs" 0 "$(from_ports 0.5)"
lose_nothing 20
expect_num "half-open connections at alpha" "$(on alpha ss -Htan state syn-recv "sport = :$PORT" | wc -l)" ">=" 20
# The first SYN is answered with a challenge ACK, that with a RST, the second SYN with a SYN-ACK.
expect "established from the same ports" 20 "$(from_ports 2)"

# through_moves NAME: connections of both families, held and new, through moves.
through_moves() {
	order alpha beta gamma
	from "${SOURCES4[@]}"
	hold "$1_four" "$CLUSTER4" 150 "${FROM[@]}"
	from "${SOURCES6[@]}"
	hold "$1_six" "$CLUSTER6" 60 "${FROM[@]}"
	moves alpha=0 beta gamma
	expect "new connections of alpha, drained" 0 "$(new_by "$LAB_DIR/after" alpha)"
	expect_num "connections of alpha, held" "$(hold_by "$1_four" alpha)" ">=" 20
	moves alpha beta=0 gamma=2
	expect_held "$1, IPv4" "$1_four" 0
	expect_also_held "$1, IPv6" "$1_six" 0
	hold_stop "$1_four"
	hold_stop "$1_six"
}

say "servers bound to the TAP"
serve_no_more
serve_all --device cluster0
through_moves device

say "SYN cookies, always"
for node in "${LAB_NODES[@]}"; do on "$node" sysctl -qw net.ipv4.tcp_syncookies=2; done
through_moves cookies
for node in "${LAB_NODES[@]}"; do
	expect_num "$node: cookies that came back" \
		"$(on "$node" nstat -asz TcpExtSyncookiesRecv | awk '/^TcpExt/ { print $2 }')" ">=" 30
done

serve_no_more
lab_stop_all
