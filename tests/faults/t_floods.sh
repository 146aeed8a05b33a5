#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Floods from an outsider: the nodes still reach and resolve each other, nothing grows, no entry of a peer
# is changed. The control: frames with the Ethernet source of a peer, which have a peer's room in the queues.
# run: alone

# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$(dirname "$0")/faults.sh"

c_program flood
lab_nodes 2 family=46
# A frame with a peer's source must not mislead the switch: this is about the node.
bridge -n sw link set dev p_out learning off
bridge -n sw fdb replace "$(nic_mac out)" dev p_out master static
# shellcheck disable=SC2119 # without settings
lab_config
lab_start_all
lab_announced
expect_reach alpha beta
# A server that does not read. Without one the host's own stack tells each sender that nobody listens; what
# waits for their MACs uses up the room of all its ICMP messages, and it answers no ping, on a bare wire either.
for node in alpha beta; do
	on "$node" /usr/bin/python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 7))
time.sleep(900)' &
done
FLOOD_SECONDS=$(whole 30 1)
ROUNDS=$(whole 50 3)

# resolves: alpha's entry for beta is deleted, and made again. By ping of one packet: within a second.
resolves() {
	forget alpha "$(addr_of beta)"
	on alpha ping -n -c 1 -W 1 "$(addr_on alpha beta)" >/dev/null 2>&1
}

# rounds: how many of ROUNDS resolutions come about.
rounds() {
	local i n=0
	for ((i = 0; i < ROUNDS; i++)); do
		! resolves || n=$((n + 1))
		sleep 0.2
	done
	echo "$n"
}

# flooded KIND [SOURCE]: sets RATE (frames a second), LOST (percent of pings), RESOLVED (of ROUNDS).
flooded() {
	local flood pings
	ip netns exec out "$LAB_DIR/flood" "$1" "$FLOOD_SECONDS" eth0 "${@:2}" >"$LAB_DIR/rate" &
	flood=$!
	on alpha ping -n -i 0.005 -w "$FLOOD_SECONDS" "$LAB_PINGED" >"$LAB_DIR/ping" 2>&1 &
	pings=$!
	RESOLVED=$(rounds)
	wait "$flood" || fail "the flood ends with exit status $?"
	wait "$pings" || true
	RATE=$(cat "$LAB_DIR/rate")
	LOST=$(lost_percent "$LAB_DIR/ping")
}

# The pings go to another address of beta: the entry for the first one is deleted again and again.
LAB_PINGED=12.12.4.222
ip -n beta addr add "$LAB_PINGED/32" dev cluster0
on alpha ping -n -c 1 -W "$LAB_REPLY" "$LAB_PINGED" >/dev/null || fail "alpha does not reach $LAB_PINGED"

# flood KIND FAMILY
flood() {
	local what="flood, $1" lines memory
	local LAB_FAMILY=$2
	expect_reach alpha beta
	lines=$(log_lines alpha) memory=$(memory_kib alpha)
	flooded "$1"
	row "$what: frames a second" "$RATE" ">=" $((10000 / LAB_PACE))
	row "$what: pings between peers lost, %" "$LOST" "<=" "$(whole 0.1 3)"
	row "$what: resolved within 1 s, of $ROUNDS" "$RESOLVED" ">=" "$ROUNDS"
	row "$what: memory, KiB more" $(($(memory_kib alpha) - memory)) "<=" 512
	row "$what: log lines" $(($(log_lines alpha) - lines)) "<=" $((11 * (FLOOD_SECONDS + 1)))
	expect "$what: beta's entry" "$(dedicated_mac beta)" "$(table alpha "$(addr_of beta)")"
}
for kind in arp claim conflict udp; do flood "$kind" 4; done
flood nd 6
flood mld 6

# --- a queue that is full ---

# What the daemon does not read fills the queue on its way. through_full SOURCE: sets THROUGH, how many of 64
# frames of beta that come then arrive at alpha's stack.
through_full() {
	capture alpha cluster0 "$LAB_DIR/through.pcap" -Q in "icmp6 and ip6[40] == 135 and ether src $(dedicated_mac beta)"
	kill -STOP "${LAB_PID[alpha]}"
	on out "$LAB_DIR/flood" arp 1.5 eth0 "$@" >/dev/null
	on out "$LAB_DIR/flood" nd 0 eth0 "$(dedicated_mac beta)" >/dev/null
	kill -CONT "${LAB_PID[alpha]}"
	within "$(seconds 5)" lab_up alpha || fail "alpha does not answer after SIGCONT"
	capture_stop
	THROUGH=$(frames pcap2rows6 "$LAB_DIR/through.pcap" | wc -l)
}
before=$(counter alpha .drops.kernel_ring)
through_full
row "a full queue: frames of a peer that arrive, of 64" "$THROUGH" ">=" 64
expect_num "frames that had no room" $(($(counter alpha .drops.kernel_ring) - before)) ">" 1000
through_full "$(dedicated_mac beta)"
control "a queue full of frames with a forged source, of a peer: frames of it that arrive, of 64" "$THROUGH" ">=" 64
lab_stop_all
