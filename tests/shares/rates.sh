# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# rates.sh: a stream of small datagrams from the outsider, and the statistics of what it costs. Sourced
# after lab.sh.

# shellcheck disable=SC2034 # for the tests
read -r CPU_A CPU_B _ < <(taskset -pc $$ | sed 's/.*: //; s/[,-]/ /g' | awk '{ print $1, $NF }')
PAYLOAD=18 # of a frame of 64 bytes: 64 - 14 Ethernet - 20 IP - 8 UDP - 4 FCS
STREAM_PORT=7779

# stream ADDRESS: the outsider sends as fast as it can until stream_stop, on the first CPU.
stream() {
	ip netns exec out taskset -c "$CPU_A" sockperf throughput -i "$1" -p $STREAM_PORT -t 600 -m $PAYLOAD \
		>"$LAB_DIR/sockperf.out" 2>&1 </dev/null &
	STREAM=$!
	STREAM_FROM=$(udp_count out 5)
	within 6 stream_flows || fail "no datagrams are sent: $(tail -n 5 "$LAB_DIR/sockperf.out")"
}
stream_flows() { [ "$(udp_count out 5)" -gt $((STREAM_FROM + 1000)) ]; }
stream_stop() {
	kill "$STREAM"
	wait "$STREAM" 2>/dev/null || true
}

# stream_cpu: the run time of the stream's process so far, ns. A packet's whole way through the switch and
# into the node's stack runs in the context of its sender (veth), so this contains it all, and nothing
# that other programs do at the same time. (Not with CONFIG_IRQ_TIME_ACCOUNTING.)
stream_cpu() { awk '{ s += $1 } END { printf "%.0f\n", s }' /proc/"$STREAM"/task/*/schedstat; }

# udp_count HOST FIELD: of /proc/net/snmp; 2 InDatagrams, 5 OutDatagrams, 6 RcvbufErrors.
# shellcheck disable=SC2016 # awk's variables
udp_count() { on "$1" awk -v f="$2" '$1 == "Udp:" { n = $f } END { print n }' /proc/net/snmp; }

# calc FORMAT EXPRESSION
calc() { awk "BEGIN { printf \"$1\\n\", $2 }"; }
# median NUMBER…
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
