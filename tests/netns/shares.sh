# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# shares.sh: for tests of the shares (SPEC 11): servers on all nodes, clients of the outsider, and a
# driver. Sourced after lab.sh.

PORT=7777
CLUSTER4=$LAB_CLUSTER_IP:$PORT
# shellcheck disable=SC2034 # for the tests
CLUSTER6="[$LAB_CLUSTER_IP6]:$PORT"

# The clients' addresses beside 12.12.4.200.
SOURCES4=(12.12.4.200)
SOURCES6=(2001:db8:4::200)

# sources N: the outsider has N addresses of each family.
sources() {
	local i
	for ((i = 1; i < $1; i++)); do
		ip -n out addr add "12.12.4.$((200 + i))/24" dev eth0
		ip -n out addr add "2001:db8:4::$((200 + i))/64" dev eth0 nodad
		SOURCES4+=("12.12.4.$((200 + i))")
		SOURCES6+=("2001:db8:4::$((200 + i))")
	done
}
# from ADDRESS…: as options of connections.py, in the array FROM.
from() {
	local address
	FROM=()
	for address in "$@"; do FROM+=(--source "$address"); done
}

# --- servers -----------------------------------------------------------------

declare -A SERVER=()

# serve NODE [OPTIONS]: a server on the cluster addresses. serve_all: on all nodes.
serve() {
	local node=$1
	shift
	: >"$LAB_DIR/$node.served"
	ip netns exec "$node" /usr/bin/python3 "$LAB_TOP/connections.py" server "$node" "$CLUSTER4" \
		"$CLUSTER6" --log "$LAB_DIR/$node.served" "$@" >"$LAB_DIR/$node.server.log" 2>&1 </dev/null &
	SERVER[$node]=$!
	within "$(seconds 5)" listens "$node" "$PORT" || fail "no server on $node"
}
# shellcheck disable=SC2120 # options are for some tests only
serve_all() {
	local node
	for node in "${LAB_NODES[@]}"; do serve "$node" "$@"; done
}
serve_no_more() {
	kill "${SERVER[@]}"
	wait "${SERVER[@]}" 2>/dev/null || true
}

# served KIND [NODE]: the number of connections (tcp) or datagrams (udp) that the servers have got.
served() {
	local node=${2:-*}
	# shellcheck disable=SC2086 # a pattern
	cat "$LAB_DIR"/$node.served | grep -c "^$1 " || true
}
forget_served() {
	local node
	for node in "${LAB_NODES[@]}"; do : >"$LAB_DIR/$node.served"; done
}

# --- connections that live long ------------------------------------------------

declare -A HOLDER=()
HOLD_WORD=0

# hold NAME TO COUNT [OPTIONS]: the outsider holds COUNT connections; until all are established.
# hold_begin: does not wait for that.
hold() {
	hold_begin "$@"
	within "$(seconds $((15 + $3 / 200)))" hold_settled "$1" ||
		fail "$1: not all connections are established: $(hold_told "$1" .)"
}
hold_begin() {
	local name=$1 to=$2 count=$3
	shift 3
	mkfifo "$LAB_DIR/$name.fifo"
	: >"$LAB_DIR/$name.report"
	ip netns exec out /usr/bin/python3 "$LAB_TOP/connections.py" hold "$to" --count "$count" \
		--fifo "$LAB_DIR/$name.fifo" --patience "$(seconds 10)" "$@" >"$LAB_DIR/$name.report" 2>"$LAB_DIR/$name.hold.log" </dev/null &
	HOLDER[$name]=$!
}
hold_settled() { [ "$(hold_told "$1" .waiting)" = 0 ]; }

hold_answered() { grep -q "^{\"report\": \"$2\"" "$LAB_DIR/$1.report"; }
# hold_told NAME JQ-FILTER [WORD]: asks for a report.
hold_told() {
	HOLD_WORD=$((HOLD_WORD + 1))
	local word=${3:-w}$BASHPID.$HOLD_WORD
	kill -0 "${HOLDER[$1]}" 2>/dev/null ||
		fail "$1: connections.py has ended: $(tail -n 5 "$LAB_DIR/$1.hold.log")"
	echo "report $word" >"$LAB_DIR/$1.fifo"
	within "$(seconds 20)" hold_answered "$1" "$word" || fail "$1: no report"
	grep "^{\"report\": \"$word\"" "$LAB_DIR/$1.report" | jq -r "$2"
}
# hold_by NAME NODE: the number of connections that this node serves.
hold_by() { hold_told "$1" ".by_node.$2 // 0"; }
# hold_sources NAME: lines ADDRESS:PORT NODE.
hold_sources() { hold_told "$1" '.sources | to_entries[] | "\(.key) \(.value)"' sources; }

hold_in_time() { [ "$(hold_told "$1" .late)" = 0 ]; }
# expect_held WHAT NAME CUT [FAILED]: every connection of NAME that is left is answered in time, in
# spite of what has happened just now; CUT of all have been cut so far. expect_also_held: likewise, of other
# connections, after expect_held.
expect_held() {
	sleep 2.5 # an answer that does not come is overdue after 2 s
	expect_also_held "$@"
}
expect_also_held() {
	local what=$1 name=$2
	within "$(seconds 8)" hold_in_time "$name" ||
		fail "$what: connections without answers: $(hold_told "$name" 'del(.sources)')"
	expect "$what: cut" "$3" "$(hold_told "$name" .cut)"
	expect "$what: failed, answered wrongly" "${4:-0} 0" "$(hold_told "$name" '"\(.failed) \(.wrong)"')"
}
hold_stop() {
	echo stop >"$LAB_DIR/$1.fifo"
	wait "${HOLDER[$1]}" || fail "$1: $(tail -n 5 "$LAB_DIR/$1.hold.log")"
	unset "HOLDER[$1]"
	rm "$LAB_DIR/$1.fifo"
}

# --- new connections -------------------------------------------------------------

# new_connections FILE TO [OPTIONS]: short connections at a steady rate; FILE: START ESTABLISHED
# ANSWERED NODE a line, times in ms. new_by FILE NODE: how many of them NODE has answered.
new_connections() {
	local file=$1
	shift
	on out timeout "$(seconds 120)" /usr/bin/python3 "$LAB_TOP/connections.py" churn --patience "$(seconds 10)" "$@" >"$file" ||
		fail "connections.py churn"
}
new_by() { awk -v n="$2" '$4 == n { c++ } END { print c + 0 }' "$1"; }
# new_without FILE: the number of those that no node has answered.
new_without() { awk '$4 ~ /^[A-Z]/ { c++ } END { print c + 0 }' "$1"; }

# datagrams udp|fragments FILE TO [OPTIONS]: datagrams.py's report into FILE.
datagrams() {
	local kind=$1 file=$2
	shift 2
	on out timeout "$(seconds 60)" /usr/bin/python3 "$LAB_TOP/datagrams.py" "$kind" --wait "$(seconds 2)" "$@" >"$file" ||
		fail "datagrams.py $kind"
}
# expect_once WHAT FILE N: all N datagrams were answered, each once.
expect_once() {
	expect "$1: answered once, twice, never" "$3 0 0" "$(jq -r '"\(.one) \(.more) \(.none)"' "$2")"
}

# SYN-ACKs, as the outsider sees them. syn_acks FILE: lines CLIENT.PORT ACKNOWLEDGED MAC ISN, each once,
# however often it was sent.
# shellcheck disable=SC2034 # for the tests
SYN_ACKS="(src host $LAB_CLUSTER_IP and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn|tcp-ack) or
	(src host $LAB_CLUSTER_IP6 and ip6[6] == 6 and ip6[53] & 0x12 == 0x12)"
syn_acks() {
	tcpdump -nnSer "$1" 2>/dev/null | awk '{
		mac = $2; to = ""; isn = ""; ack = ""
		for (i = 1; i < NF; i++) {
			if ($i == ">" && $(i + 2) == "Flags") to = $(i + 1)
			if ($i == "seq") isn = $(i + 1)
			if ($i == "ack") ack = $(i + 1)
		}
		gsub(/[:,]$/, "", to); gsub(",", "", isn); gsub(",", "", ack)
		if (to != "") print to, ack, mac, isn
	}' | sort -u
}
# syns_answered_twice FILE: the SYNs to which more than one initial sequence number came back.
syns_answered_twice() { syn_acks "$1" | awk '{ print $1, $2 }' | sort | uniq -d; }

# --- the driver --------------------------------------------------------------------

EPOCH=0
TTL=$(seconds 60)

# running: the nodes whose daemons run.
running() {
	local node
	for node in "${LAB_NODES[@]}"; do [ -z "${LAB_PID[$node]:-}" ] || echo "$node"; done
}
# order_give NODE[=WEIGHT]… [--dead NODE]…: the next order, to all daemons; none has been told yet what the
# others have released. A node that the order leaves out is the first to know: the others take at once
# what it has.
order_give() {
	local node
	EPOCH=$((EPOCH + 1))
	for node in $(running); do
		order_names "$node" "$@" || order_tell "$node" "$@"
	done
	for node in $(running); do
		! order_names "$node" "$@" || order_tell "$node" "$@"
	done
}
# order_names NODE …: the order names it.
order_names() {
	local node=$1 word
	shift
	for word in "$@"; do [ "${word%%=*}" != "$node" ] || return 0; done
	return 1
}
# order_tell NODE …: this node alone gets the present order (again, then with a new lease).
order_tell() {
	local node=$1
	shift
	ctl "$node" shares set --epoch "$EPOCH" --ttl "$TTL" "$@" >"$LAB_DIR/output" 2>&1 ||
		fail "$node: shares set --epoch $EPOCH --ttl $TTL $*: $(cat "$LAB_DIR/output")"
}
# order_released: each node is told that all others have released the order.
order_released() {
	local node others
	for node in $(running); do
		mapfile -t others < <(running | grep -vx "$node")
		[ "${#others[@]}" -gt 0 ] || continue
		ctl "$node" shares released --epoch "$EPOCH" "${others[@]}" >"$LAB_DIR/output" 2>&1 ||
			fail "$node: shares released: $(cat "$LAB_DIR/output")"
	done
}
# order …: gives the order, then the releases; until every node has taken what it owns.
order() {
	local node
	order_give "$@"
	order_released
	for node in $(running); do
		within "$(seconds 5)" shares_taken "$node" || fail "$node waits for buckets: $(ctl "$node" -j shares)"
	done
}
# moves ORDER…: an order, while the outsider goes on opening connections: none is lost, none is
# answered by two nodes. What the new ones got is in $LAB_DIR/new, those that began after the order in
# $LAB_DIR/after.
moves() {
	local opening ordered
	capture out eth0 "$LAB_DIR/syn.pcap" "$SYN_ACKS"
	new_connections "$LAB_DIR/new" "$CLUSTER4" --rate $((150 / LAB_PACE + 1)) --seconds $((2 * LAB_PACE)) --patience "$(seconds 5)" &
	opening=$!
	sleep 0.7
	order "$@"
	ordered=$(now_ms)
	wait "$opening" || fail "new connections"
	capture_stop
	awk -v t=$((ordered + 10)) '$1 > t' "$LAB_DIR/new" >"$LAB_DIR/after"
	expect "order $*: new connections that nobody answered" 0 "$(new_without "$LAB_DIR/new")"
	expect "order $*: SYNs that two nodes answered" "" "$(syns_answered_twice "$LAB_DIR/syn.pcap")"
	expect_num "order $*: new connections after it" "$(wc -l <"$LAB_DIR/after")" ">=" 50
}

shares_taken() { [ "$(share "$1" .unowned)" = 0 ]; }

# share NODE JQ-FILTER: of NODE's shares. share_of NODE ADDRESS:PORT: the owner, as NODE sees it.
share() { ctl "$1" -j shares | jq -r ".shares | $2"; }
# share_node NODE OTHER JQ-FILTER: what NODE says of OTHER.
share_node() { ctl "$1" -j shares | jq -r --arg n "$2" ".shares.nodes[] | select(.name == \$n) | $3"; }
share_of() { ctl "$1" -j shares of "$2" | jq -r '.of.owner.name // .of.owner // "nobody"'; }
