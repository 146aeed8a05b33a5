#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# adopt = yes on a host with one NIC, one address and a default route (SPEC 5): a TCP transfer
# through the router survives a start, a crash, another start and a stop. An outsider whose
# neighbour entry was just confirmed reaches the host again by the announcement alone.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config adopt=yes
lab_plain router 254
ip netns add server
ip -n server link set lo up
ip link add eth1 netns router index 2001 type veth peer name eth0 netns server
ip -n router addr add 198.51.100.254/24 dev eth1
ip -n router link set eth1 up
ip -n server addr add 198.51.100.1/24 dev eth0
ip -n server link set eth0 up
ip -n server route add default via 198.51.100.254
on router sysctl -qw net.ipv4.ip_forward=1
ip -n alpha addr add 12.12.4.101/24 dev eth0
ip -n alpha route add default via 12.12.4.254

RECORD=$(socket_of alpha).eth0.adopted.json
ENOUGH=$LAB_DIR/enough # the sender goes on until this file exists
rm -f "$ENOUGH"
LIMIT=$(seconds 1)000  # in ms, for the outsider to reach alpha

date_ms() { date +%s%3N; }

# --- the transfer ---------------------------------------------------------------

# Sends 16 MB of random data a second, 100 MB at least; prints the number of bytes and the digest
# on stdout.
send_script='
import hashlib, os, random, socket, sys, time
pool = os.urandom(1 << 20)
digest, total = hashlib.sha256(), 0
s = socket.create_connection(("198.51.100.1", 5001), 5)
s.settimeout(30)
end = time.monotonic() + float(sys.argv[2])
begin = time.monotonic()
while (total < 100e6 or not os.path.exists(sys.argv[1])) and time.monotonic() < end:
    at = random.randrange(len(pool) - 65536)
    part = pool[at:at + 65536]
    s.sendall(part)
    digest.update(part)
    total += len(part)
    # After a standstill it continues at the same rate, not faster.
    begin = max(begin, time.monotonic() - total / 16e6 - 0.1)
    time.sleep(max(0, begin + total / 16e6 - time.monotonic()))
s.shutdown(socket.SHUT_WR)
if s.recv(1) != b"!":
    sys.exit("no answer at the end")
print(total, digest.hexdigest())'

# Prints the same for the data received; writes samples "MILLISECONDS BYTES" to the file argv[1],
# one every 50 ms.
receive_script='
import hashlib, select, socket, sys, time
listener = socket.create_server(("198.51.100.1", 5001))
listener.settimeout(float(sys.argv[2]))
s, _ = listener.accept()
s.setblocking(False)
digest, total, sample = hashlib.sha256(), 0, time.time()
end = time.monotonic() + float(sys.argv[2])
with open(sys.argv[1], "w", buffering=1) as samples:
    while time.monotonic() < end:
        while time.time() >= sample:
            print(round(sample * 1000), total, file=samples)
            sample += 0.05
        if select.select([s], [], [], max(0, sample - time.time()))[0]:
            part = s.recv(1 << 18)
            if not part:
                break
            digest.update(part)
            total += len(part)
    print(round(time.time() * 1000), total, file=samples)
s.send(b"!")
print(total, digest.hexdigest())'

# bytes_now: the number of bytes received so far. standstill FROM TO: the longest time in ms without
# another byte, among the samples between these times.
bytes_now() { tail -n 1 "$LAB_DIR/samples" | cut -d' ' -f2; }
standstill() {
	awk -v from="$1" -v to="$2" '$1 < from { bytes = $2; next }
		$1 > to { exit }
		!since { since = $1 }
		$2 != bytes { bytes = $2; since = $1 }
		$1 - since > most { most = $1 - since }
		END { print most + 0 }' "$LAB_DIR/samples"
}
flows() { [ "$(bytes_now)" -gt $(($1 + 2000000)) ]; }
# expect_flow WHAT: the transfer goes on.
expect_flow() {
	local before
	before=$(bytes_now)
	within "$(seconds 8)" flows "$before" || fail "$1: the transfer stands still"
	ok "$1: the transfer goes on"
}

# --- the outsider ----------------------------------------------------------------

# confirm MAC: the outsider's entry for alpha is confirmed at this moment; without an announcement
# the outsider would use it for 15 s.
confirm() {
	local mac=$1
	ip -n out neigh replace 12.12.4.101 lladdr "$mac" dev eth0 nud reachable
	expect "the outsider's entry" "$mac REACHABLE" "$(ip -n out neigh show 12.12.4.101 dev eth0 |
		awk '{ print $3, $4 }')"
}

# knock FILE: pings one after another until FILE is removed; writes the time at which each was sent,
# and whether it was answered, to FILE.seen.
knock() {
	local sent end=$(($(now_ms) + $(seconds 60000)))
	while [ -e "$1" ] && [ "$(now_ms)" -lt "$end" ]; do
		sent=$(date_ms)
		if on out ping -n -c 1 -W 0.05 12.12.4.101 >/dev/null 2>&1; then
			echo "$sent yes"
		else
			echo "$sent no"
		fi
	done >"$1.seen"
}
KNOCKS=$LAB_DIR/knocks
knock_begin() {
	: >"$KNOCKS"
	knock "$KNOCKS" &
	KNOCKING=$!
	sleep 0.3
}
knock_end() {
	rm "$KNOCKS"
	wait "$KNOCKING"
}
# silence MOMENT: the longest time between answered pings, in ms, from MOMENT (the start or the
# stop) on.
silence() {
	awk -v from="$1" '$2 == "no" { next }
		{ if ($1 >= from) { gap = $1 - (last > from ? last : from); if (gap > most) most = gap }
		  last = $1 }
		END { print (last > from) ? most + 0 : "forever" }' "$KNOCKS.seen"
}
# expect_through WHAT MOMENT MAC: the outsider reached alpha in time, and its entry has this MAC.
expect_through() {
	local ms
	ms=$(silence "$2")
	[ "$ms" != forever ] || fail "$1: the outsider does not reach alpha any more"
	expect_num "$1: ms until the outsider reaches alpha" "$ms" "<=" "$LIMIT"
	expect "$1: the outsider's entry" "$3" "$(table out 12.12.4.101 eth0)"
}

# --- before ------------------------------------------------------------------------

NIC=$(nic_mac alpha)
lab_snapshot alpha >"$LAB_DIR/before"
lab_start beta

timeout -k 1 "$(seconds 110)" ip netns exec server /usr/bin/python3 -c "$receive_script" "$LAB_DIR/samples" "$(seconds 100)" \
	>"$LAB_DIR/received" 2>"$LAB_DIR/received.err" &
RECEIVER=$!
within "$(seconds 5)" listens server 5001 || fail "no server: $(cat "$LAB_DIR/received.err")"
timeout -k 1 "$(seconds 110)" ip netns exec alpha /usr/bin/python3 -c "$send_script" "$ENOUGH" "$(seconds 100)" \
	>"$LAB_DIR/sent" 2>"$LAB_DIR/sent.err" &
SENDER=$!
within "$(seconds 5)" test -s "$LAB_DIR/samples" || fail "the transfer does not begin"
expect_flow "before"

# --- start ----------------------------------------------------------------------------

knock_begin
confirm "$NIC"
moment=$(date_ms) flowing=$moment
lab_start alpha
say "the start took $(($(date_ms) - moment)) ms"
sleep "$(seconds 1)"
knock_end
expect_through "start" "$moment" "$LAB_CLUSTER_MAC"
expect_flow "start"
addresses() { ip -n alpha -j addr show dev "$1" | jq -r '.[].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' | xargs; }
expect "addresses of NIC and TAP" " / 12.12.4.101/24 12.12.4.100/32" "$(addresses eth0) / $(addresses cluster0)"
expect "routes" "cluster0 cluster0" "$(ip -n alpha -j route | jq -r '.[].dev' | xargs)"
jq -e .items "$RECORD" >/dev/null || fail "no record: $(cat "$RECORD")"
expect_reach beta alpha
expect_reach alpha beta
sleep 1

# --- crash, start ------------------------------------------------------------------------

lab_kill alpha
crash=$(date_ms)
expect "addresses of the NIC after the crash" "" "$(addresses eth0)"
knock_begin
confirm "$NIC" # as if the outsider had missed the announcements of the first start
moment=$(date_ms)
lab_start alpha
say "the start after the crash took $(($(date_ms) - moment)) ms"
again=$moment
sleep "$(seconds 1)"
knock_end
expect_through "start after the crash" "$moment" "$LAB_CLUSTER_MAC"
expect_flow "start after the crash"
recovered=$(date_ms)
sleep 1.5

# --- stop ------------------------------------------------------------------------------------

knock_begin
confirm "$LAB_CLUSTER_MAC"
moment=$(date_ms)
lab_stop alpha
say "the stop took $(($(date_ms) - moment)) ms"
expect_num "ms for the stop, with its announcements" "$(($(date_ms) - moment))" ">=" 2000
knock_end
expect_through "stop" "$moment" "$NIC"
expect_flow "stop"
[ ! -e "$RECORD" ] || fail "the record is left"
sleep 0.5

# --- the end of the transfer -----------------------------------------------------------------

end=$(date_ms)
: >"$ENOUGH"
rc=0
wait "$SENDER" || rc=$?
expect "exit status of the sender ($(head -c 300 "$LAB_DIR/sent.err"))" 0 "$rc"
wait "$RECEIVER" || rc=$?
expect "exit status of the receiver ($(head -c 300 "$LAB_DIR/received.err"))" 0 "$rc"
expect "bytes and digest received" "$(cat "$LAB_DIR/sent")" "$(cat "$LAB_DIR/received")"
start_stall=$(standstill "$flowing" "$crash")
stop_stall=$(standstill "$moment" "$end")
say "the transfer took $((end - flowing)) ms and more; longest standstill: $start_stall ms at the" \
	"start, $stop_stall ms at the stop; $(standstill "$crash" "$recovered") ms after the crash" \
	"($((again - crash)) ms from it to the next start)"
expect_num "longest standstill at the start, ms" "$start_stall" "<=" $((LIMIT * 8 / 10))
expect_num "longest standstill at the stop, ms" "$stop_stall" "<=" $((LIMIT * 8 / 10))
lab_stop beta
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "alpha" "$LAB_DIR/before" "$LAB_DIR/after"
