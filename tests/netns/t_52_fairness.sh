#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: plain
#
# Under a flood from either side neither the other direction nor the control socket starves. (A
# flood from the host itself overflows the TAP's own queue, and the kernel drops at its tail. So the
# test counts the requests that arrive, not the answers.)

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config
lab_start_all
ping_all_pairs

# flood FROM TO: small datagrams as fast as possible, for 4 seconds, in the background.
flood() {
	timeout -k 1 30 ip netns exec "$2" iperf3 -s -1 -p 5999 >/dev/null 2>&1 &
	within "$(seconds 5)" listens "$2" 5999 || fail "no iperf3 server on $2"
	on "$1" timeout -k 1 30 iperf3 -c "$(addr_of "$2")" -p 5999 -u -b 0 -l 18 -t 4 \
		>/dev/null 2>&1 &
	FLOOD=$!
	sleep 0.5
}

# frames_in NODE SIDE
frames_in() { counter "$1" ".$2_frames_in"; }

# The number of echo requests that alpha's stack has received.
echo_requests() {
	# shellcheck disable=SC2016 # awk's
	on alpha awk '/^Icmp:/ { if (n++) print $(i); else for (i = 1; $(i) != "InEchos"; i++); }' \
		/proc/net/snmp
}

# expect_alive WHAT PINGS
expect_alive() {
	local start end i
	start=$(now_ms)
	for i in 1 2 3 4 5; do ctl alpha -j status >/dev/null || fail "$1: no answer ($i)"; done
	end=$(now_ms)
	expect_num "$1: five answers on the control socket, ms" $((end - start)) "<=" "$(seconds 2)000"
	start=$(echo_requests)
	on out ping -n -c 20 -i 0.05 -W 1 12.12.4.101 >"$LAB_DIR/output" 2>&1 || true
	expect_num "$1: pings that arrive, of 20" $(($(echo_requests) - start)) ">=" "$2"
}

before=$(frames_in alpha tap)
flood alpha beta
expect_alive "flood from the TAP" 19
wait "$FLOOD" || true
expect_num "flood from the TAP, frames" $(($(frames_in alpha tap) - before)) ">" 20000
before=$(frames_in alpha nic)
flood out alpha
expect_alive "flood from the NIC" 10
wait "$FLOOD" || true
expect_num "flood from the NIC, frames" $(($(frames_in alpha nic) - before)) ">" 20000
ping_all_pairs
lab_stop_all
