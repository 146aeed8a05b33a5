# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# links.sh: for tests of links that not every kernel has. Sourced instead of lab.sh, which it sources.

# shellcheck source-path=SCRIPTDIR source=../../netns/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../netns/lab.sh"

figure() { printf 'figure: %s\n' "$*"; }

# The file of all transfers: 4 MiB that do not repeat, and its sum.
transfer_file() {
	[ ! -e "$LAB_DIR/sent" ] || return 0
	head -c 4M /dev/urandom >"$LAB_DIR/sent"
	SENT=$(sha256sum <"$LAB_DIR/sent")
}

# transfer A B: the file goes from A to B by TCP; its sum is the same there.
TRANSFER_PORT=6000
transfer() {
	local a=$1 b=$2 tcp=TCP4 to server
	transfer_file
	TRANSFER_PORT=$((TRANSFER_PORT + 1))
	to=$(addr_on "$a" "$b")
	[ "$LAB_FAMILY" != 6 ] || { tcp=TCP6 && to="[$to]"; }
	timeout -k 1 "$(seconds 60)" ip netns exec "$b" socat -u \
		"$tcp-LISTEN:$TRANSFER_PORT" "CREATE:$LAB_DIR/received" >"$LAB_DIR/socat.out" 2>&1 &
	server=$!
	within "$(seconds 5)" listens "$b" "$TRANSFER_PORT" || fail "nobody listens on $b"
	on "$a" timeout -k 1 "$(seconds 60)" socat -u "FILE:$LAB_DIR/sent" "$tcp:$to:$TRANSFER_PORT" ||
		fail "the transfer from $a to $b ends early"
	wait "$server" || fail "the transfer from $a to $b is not received: $(cat "$LAB_DIR/socat.out")"
	[ "$(sha256sum <"$LAB_DIR/received")" = "$SENT" ] || fail "the transfer from $a to $b changed on the way"
	ok "transfer from $a to $b (IPv$LAB_FAMILY), sum compared"
}

# Between two nodes and with the outsider, both ways, by both families.
transfer_all() {
	for LAB_FAMILY in 4 6; do
		transfer alpha beta
		transfer beta alpha
		transfer out alpha
		transfer alpha out
	done
	LAB_FAMILY=46
}

# The data path is the one that was asked for; from status.
expect_datapath() {
	local node
	for node in "${LAB_NODES[@]}"; do
		expect "data path of $node" "$LAB_DATAPATH" "$(ctl "$node" -j status | jq -r .datapath)"
	done
}

# all_well: pings of both families, and transfers.
all_well() {
	# shellcheck disable=SC2119
	for LAB_FAMILY in 4 6; do ping_all_pairs; done
	transfer_all
}

# tagged HOST: link eth0.10 (IEEE 802.1Q) on eth0.
tagged() { ip -n "$1" link add link eth0 name eth0.10 up type vlan id 10; }

# vlan PORT ID [pvid untagged]: the switch's port is in this VLAN alone.
vlan() {
	bridge -n sw vlan del dev "$1" vid 1 2>/dev/null || true
	bridge -n sw vlan add dev "$1" vid "${@:2}"
}

# second_port NODE: another NIC, spare0, at the switch's port q_NODE.
second_port() {
	lab_veth "$1" spare0 "52:54:00:00:01:0$(node_index "$1")" "q_$1"
	ip -n "$1" link set spare0 up
}

# gap_begin FROM TO: pings, 20 a second, until gap_end, which sets GAP: the longest time in which none was
# answered, in milliseconds.
gap_begin() {
	# ping itself, which heeds SIGINT, where a shell in the background does not
	ip netns exec "$1" ping -n -D -i 0.05 -W 1 "$(addr_of "$2")" >"$LAB_DIR/pings" 2>&1 &
	PINGS=$!
	sleep 1
}
gap_end() {
	sleep 1
	kill -INT "$PINGS"
	wait "$PINGS" || true
	# shellcheck disable=SC2034 # for the tests
	GAP=$(awk -F'[][]' '/bytes from/ { t = $2 * 1000; if (last && t - last > most) most = t - last; last = t }
		END { printf "%d\n", most }' "$LAB_DIR/pings")
}

# port_pair NODE: two NICs of the node, eth0 and spare0, both down, to be ports of one link.
port_pair() {
	second_port "$1"
	ip -n "$1" link set eth0 down
	ip -n "$1" link set spare0 down
}

# failover: while beta pings alpha, the cable of the active one of its two ports is pulled, twice (there and
# back), and transfers follow; tells the gap.
failover() {
	local gap=0 port
	for port in p_alpha q_alpha; do
		LAB_FAMILY=4
		gap_begin beta alpha
		ip -n sw link set "$port" down
		sleep 5
		gap_end
		ip -n sw link set "$port" up
		sleep 5
		expect_num "milliseconds without an answer when $port fails" "$GAP" "<" 3000
		[ "$GAP" -le "$gap" ] || gap=$GAP
		transfer beta alpha
		transfer out alpha
	done
	LAB_FAMILY=46
	figure "longest gap $gap ms"
}
