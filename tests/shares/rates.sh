# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# rates.sh: a stream of small datagrams from the outsider, and the statistics of what it costs. Sourced
# after lab.sh.

# shellcheck disable=SC2034 # for the tests
read -r CPU_A CPU_B _ < <(taskset -pc $$ | sed 's/.*: //; s/[,-]/ /g' | awk '{ print $1, $NF }')
PAYLOAD=18 # of a frame of 64 bytes: 64 - 14 Ethernet - 20 IP - 8 UDP - 4 FCS
STREAM_PORT=7779
TICKS=$(getconf CLK_TCK)

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

# udp_count HOST FIELD: of /proc/net/snmp; 2 InDatagrams, 5 OutDatagrams.
# shellcheck disable=SC2016 # awk's variables
udp_count() { on "$1" awk -v f="$2" '$1 == "Udp:" { n = $f } END { print n }' /proc/net/snmp; }

# cpu_busy: non-idle seconds of all CPUs of the machine.
cpu_busy() { awk -v t="$TICKS" '$1 == "cpu" { print ($2 + $3 + $4 + $7 + $8) / t }' /proc/stat; }

# calc FORMAT EXPRESSION
calc() { awk "BEGIN { printf \"$1\\n\", $2 }"; }
# median NUMBER…
median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
