#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shares = static: whatever an outsider sends to the cluster address, exactly one node answers, always
# the same one; a dead node's share, which the file gives to others; DNAT.
# run: kernel

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

COUNT=200
PATIENCE=$(seconds 3)

# server.py NAME LOG ADDRESS: on port 7777 (UDP at that address only), answers a client's message
# with the node's name, 5000 times if the message is "much". Logs the client's port, and closes the
# connection first.
cat >"$LAB_DIR/server.py" <<'PY'
import os, socketserver, sys, threading

name, log = sys.argv[1].encode(), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def note(kind, port):
    os.write(log, b"%s %d\n" % (kind, port))

class Tcp(socketserver.BaseRequestHandler):
    def handle(self):
        note(b"tcp", self.client_address[1])
        word = self.request.recv(100)
        self.request.sendall(name * (5000 if word == b"much" else bool(word)))

class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        note(b"udp", self.client_address[1])
        self.request[1].sendto(name, self.client_address)

class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

udp = socketserver.UDPServer((sys.argv[3], 7777), Udp)
udp.max_packet_size = 9000
threading.Thread(target=udp.serve_forever, daemon=True).start()
TcpServer(("", 7777), Tcp).serve_forever()
PY

# client.py ADDRESS PORT COUNT PATIENCE [udp|FILE]: COUNT exchanges at once, each from its own port,
# the same ports every time. Prints one line for each: port, answer or error. With FILE: from other
# ports, and the connections send nothing until FILE exists.
cat >"$LAB_DIR/client.py" <<'PY'
import asyncio, os, socket, sys

where, count, patience = (sys.argv[1], int(sys.argv[2])), int(sys.argv[3]), float(sys.argv[4])
udp = sys.argv[5:] == ["udp"]
go = "" if udp else "".join(sys.argv[5:])
loop = asyncio.new_event_loop()

async def exchange(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
    s.setblocking(False)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    with s:
        await loop.sock_connect(s, where)
        while go and not os.path.exists(go):
            await asyncio.sleep(0.05)
        await loop.sock_sendall(s, bytes(4000) if udp else b"who?")
        answer = await loop.sock_recv(s, 100)
        if udp:
            await asyncio.sleep(0.3)
            try:
                answer += b"+" + s.recv(100)
            except BlockingIOError:
                pass
        else:
            answer += await loop.sock_recv(s, 100)
        return answer.decode()

async def attempt(port):
    try:
        return await asyncio.wait_for(exchange(port), patience)
    except (OSError, asyncio.TimeoutError) as error:
        return type(error).__name__

async def main():
    ports = [(30000 if go else 20000) + 37 * i for i in range(count)]
    for port, answer in zip(ports, await asyncio.gather(*map(attempt, ports))):
        print(port, answer)

loop.run_until_complete(main())
PY

serve() {
	ip netns exec "$1" /usr/bin/python3 "$LAB_DIR/server.py" "$1" "$LAB_DIR/$1.served" "$LAB_CLUSTER_IP" \
		>"$LAB_DIR/$1.server.log" 2>&1 </dev/null &
	SERVER[$1]=$!
	within "$(seconds 5)" listens "$1" 7777 || fail "no server on $1"
}
declare -A SERVER=()

# ask FILE ADDRESS PORT COUNT [udp|FILE]: writes the answers into the first FILE.
ask() {
	on out timeout $((PATIENCE + 20)) /usr/bin/python3 "$LAB_DIR/client.py" "$2" "$3" "$4" "$PATIENCE" \
		"${@:5}" >"$1" || fail "client.py"
}
# answered FILE WHAT: the number of exchanges with this answer. expect_answers FILE N: N of them got
# a node's answer. served KIND: the number of exchanges that the servers of all nodes logged.
answered() { awk -v what="$2" '$2 == what { n++ } END { print n + 0 }' "$1"; }
expect_answers() {
	local node seen n=0
	for node in "${LAB_NODES[@]}"; do n=$((n + $(answered "$1" "$node"))); done
	seen=$(awk '{ print $2 }' "$1" | sort | uniq -c | xargs)
	[ "$n" -eq "$2" ] || fail "expected $2 answers, saw $seen"
	ok "$2 answers: $seen"
}
served() { cat "$LAB_DIR"/*.served | grep -c "^$1 " || true; }
forget_served() { for node in "${LAB_NODES[@]}"; do : >"$LAB_DIR/$node.served"; done; }

# reload_all NODE… : after the file was changed.
reload_all() {
	local node
	for node in "$@"; do expect_rc 0 "reload on $node" ctl "$node" reload; done
}

# pings_cluster SOURCE [ARGUMENTS]: pings the cluster address.
pings_cluster() {
	on out ping -n -c 3 -i 0.2 -W "$LAB_REPLY" -I "$1" "${@:2}" "$LAB_CLUSTER_IP" >"$LAB_DIR/ping.$1" 2>&1
}

lab_nodes 3
lab_config
lab_start_all
pings_cluster 12.12.4.200 || fail "out does not reach the cluster address"
grep -q 'DUP!' "$LAB_DIR/ping.12.12.4.200" || fail "shares = none: expected DUP!, saw none"
ok "shares = none: DUP!"
lab_config shares=static
reload_all "${LAB_NODES[@]}"
for node in "${LAB_NODES[@]}"; do serve "$node"; done

say "TCP"
capture out eth0 "$LAB_DIR/rst.pcap" "src host $LAB_CLUSTER_IP and tcp[tcpflags] & tcp-rst != 0"
ask "$LAB_DIR/first" "$LAB_CLUSTER_IP" 7777 "$COUNT"
capture_stop
expect_answers "$LAB_DIR/first" "$COUNT"
expect "connections that the nodes accepted" "$COUNT" "$(served tcp)"
expect "connections accepted twice" "" "$(cat "$LAB_DIR"/*.served | sort | uniq -d)"
for node in "${LAB_NODES[@]}"; do
	expect_num "of which by $node" "$(answered "$LAB_DIR/first" "$node")" ">=" $((COUNT / 30 + 1))
done
expect "resets that the outsider saw" 0 "$(frames longest "$LAB_DIR/rst.pcap")"

say "UDP in fragments"
forget_served
ask "$LAB_DIR/udp" "$LAB_CLUSTER_IP" 7777 30 udp
expect_answers "$LAB_DIR/udp" 30
expect "datagrams that the nodes received" 30 "$(served udp)"

say "pings"
pids=()
for ((i = 201; i <= 212; i++)); do
	on out ip addr add "12.12.4.$i/24" dev eth0
	pings_cluster "12.12.4.$i" &
	pids+=("$!")
done
pings_cluster 12.12.4.200 -s 4000 || fail "$(cat "$LAB_DIR/ping.12.12.4.200")"
for pid in "${pids[@]}"; do wait "$pid" || fail "a ping to the cluster address: $(cat "$LAB_DIR"/ping.*)"; done
expect "answers to pings from 13 sources" 39 "$(cat "$LAB_DIR"/ping.* | grep -c 'icmp_seq=.*ms$')"
expect "duplicate answers" 0 "$(cat "$LAB_DIR"/ping.* | grep -c 'DUP!' || true)"

say "traffic that is not for the cluster address"
ping_all_pairs
for node in "${LAB_NODES[@]}"; do
	ask "$LAB_DIR/own" "$(addr_of "$node")" 7777 20
	expect "$node's own address, answers" 20 "$(answered "$LAB_DIR/own" "$node")"
	on "$node" ping -q -n -c 1 -W "$LAB_REPLY" "$LAB_CLUSTER_IP" >/dev/null || fail "$node does not reach the cluster address"
done

say "a router in the path, with a smaller MTU on its other link"
ip netns add far
ip link add eth0 netns far type veth peer name narrow netns out
ip -n far link set eth0 up
ip -n far addr add 12.12.5.2/24 dev eth0
ip -n far route add default via 12.12.5.1
ip -n out addr add 12.12.5.1/24 dev narrow
ip -n out link set narrow mtu 1280 up
on out sysctl -qw net.ipv4.ip_forward=1
for node in "${LAB_NODES[@]}"; do ip -n "$node" route add 12.12.5.0/24 via 12.12.4.200; done
# shellcheck disable=SC2016
much='exec 3<>"/dev/tcp/$0/7777" && printf much >&3 && wc -c <&3'
for ((i = 1; i <= 6; i++)); do
	bytes=$(on far timeout "$PATIENCE" bash -c "$much" "$LAB_CLUSTER_IP" || true)
	[ "${bytes:-0}" -ge 20000 ] || fail "expected 20000 bytes or more, saw '$bytes'"
done
ok "large answers get through: the ICMP error about the MTU reaches the node that sent them"

say "gamma dies, the others take its share, gamma comes back"
forget_served
PATIENCE=$(seconds 20) ask "$LAB_DIR/held" "$LAB_CLUSTER_IP" 7777 30 "$LAB_DIR/go" &
held=$!
all_served() { [ "$(served tcp)" -eq "$1" ]; }
within "$(seconds 5)" all_served 30 || fail "expected 30 connections, saw $(served tcp)"
broken=$(grep -c tcp "$LAB_DIR/gamma.served")
lab_kill gamma 2>/dev/null
kill "${SERVER[gamma]}"
lost=$(answered "$LAB_DIR/first" gamma)
ask "$LAB_DIR/dead" "$LAB_CLUSTER_IP" 7777 "$COUNT"
expect "without gamma: exchanges without an answer" "$lost" "$(answered "$LAB_DIR/dead" TimeoutError)"
expect_answers "$LAB_DIR/dead" $((COUNT - lost))
lab_config shares=static gamma.weight=0
reload_all alpha beta
ask "$LAB_DIR/taken" "$LAB_CLUSTER_IP" 7777 "$COUNT"
expect_answers "$LAB_DIR/taken" "$COUNT"
grep -v ' gamma$' "$LAB_DIR/first" >"$LAB_DIR/wanted"
awk 'NR == FNR { kept[$1] = 1; next } $1 in kept' "$LAB_DIR/wanted" "$LAB_DIR/taken" >"$LAB_DIR/kept"
expect_num "of the others' exchanges, at another node: at most 1 %" \
	"$(diff "$LAB_DIR/wanted" "$LAB_DIR/kept" | grep -c '^>' || true)" "<=" $((COUNT / 100))
touch "$LAB_DIR/go"
wait "$held"
expect_answers "$LAB_DIR/held" $((30 - broken))
# With static nobody says that gamma is dead: it might have them still.
expect "connections with gamma, which are not reset" "$broken" "$(answered "$LAB_DIR/held" TimeoutError)"
lab_config shares=static
lab_start gamma
serve gamma
reload_all alpha beta
forget_served
ask "$LAB_DIR/back" "$LAB_CLUSTER_IP" 7777 "$COUNT"
expect_unchanged "the same nodes answer as at first" "$LAB_DIR/first" "$LAB_DIR/back"
expect "connections that the nodes accepted" "$COUNT" "$(served tcp)"

say "DNAT"
for node in "${LAB_NODES[@]}"; do
	on "$node" nft -f - <<-NFT
		table ip test_nat {
			chain prerouting {
				type nat hook prerouting priority dstnat
				tcp dport 7778 dnat to $(addr_of "$node"):7777
			}
		}
	NFT
done
forget_served
ask "$LAB_DIR/nat" "$LAB_CLUSTER_IP" 7778 "$COUNT"
expect_unchanged "the same nodes serve a port that DNAT moves" "$LAB_DIR/first" "$LAB_DIR/nat"
expect "connections that the nodes accepted" "$COUNT" "$(served tcp)"
ask "$LAB_DIR/udp" "$LAB_CLUSTER_IP" 7777 30 udp
expect_answers "$LAB_DIR/udp" 30

kill "${SERVER[@]}" 2>/dev/null || true
lab_stop_all
