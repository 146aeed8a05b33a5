#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: user
#
# What the shares cost the node that answers: the rate of UDP datagrams of 64 bytes to a cluster address,
# kernel data path, shares = static against shares = none. The mode changes to and fro while one stream goes
# on. The medians must be within 2 %.

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
# rate: datagrams a second that alpha's kernel has handed to its server.
rate() {
	local from to at end
	from=$(udp_count alpha 2) at=$EPOCHREALTIME
	sleep 1
	to=$(udp_count alpha 2) end=$EPOCHREALTIME
	calc %.0f "($to - $from) / ($end - $at)"
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
