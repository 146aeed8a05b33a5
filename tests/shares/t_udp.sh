#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: user
#
# What the shares cost the node that answers: UDP datagrams of 64 bytes to a cluster address, kernel data
# path, shares = static against shares = none. The rate is that of datagrams that reach alpha's socket per second of
# CPU of the sender, in whose context they go all the way, so that other load matters less. The mode changes
# to and fro while one stream goes on. The medians must be within 2 %.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=rates.sh
. "$(dirname "${BASH_SOURCE[0]}")/rates.sh"

ROUNDS=${SHARES_ROUNDS:-15}

mode() {
	lab_config datapath=kernel shares="$1"
	ctl alpha reload >/dev/null || fail "reload: shares = $1"
	sleep 0.2
}
# arrived: datagrams, whether or not the socket's buffer had room. rate: for each second of CPU.
arrived() { echo $(($(udp_count alpha 2) + $(udp_count alpha 6))); }
rate() {
	local count cpu
	count=$(arrived) cpu=$(stream_cpu)
	sleep 1
	count=$(($(arrived) - count)) cpu=$(($(stream_cpu) - cpu))
	calc %.0f "$count * 1e9 / $cpu"
}

lab_nodes 1
on out sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
lab_config datapath=kernel shares=none
lab_start_all
expect_reach out alpha
ip netns exec alpha taskset -c "$CPU_B" sockperf server -i "$LAB_CLUSTER_IP" -p $STREAM_PORT \
	>"$LAB_DIR/sockperf.alpha" 2>&1 </dev/null &
server=$!
sleep 0.5
stream "$LAB_CLUSTER_IP"
none=() static=()
for ((i = 0; i < ROUNDS; i++)); do
	mode none
	none+=("$(rate)")
	mode static
	static+=("$(rate)")
done
stream_stop
kill "$server"
wait "$server" 2>/dev/null || true
a=$(median "${none[@]}") b=$(median "${static[@]}")
ratio=$(calc %.3f "$b / $a")
printf 'figures: UDP 64 B, medians of %s: shares = none %s pps, static %s pps, ratio %s (limit 0.98)\n' \
	"$ROUNDS" "$a" "$b" "$ratio"
expect_num "datagrams a second" "$a" ">" 10000
expect_num "ratio" "$ratio" ">=" 0.98
lab_stop_all
