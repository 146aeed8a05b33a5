#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# scene.sh: one scene of the benchmark, in its own sandbox: sets up four hosts on a bridge,
# measures between the first two, and prints one JSON object on stdout.
#
#   tests/bench/scene.sh SCENE MEASURE…
#
# SCENE: direct           plain hosts, addresses on eth0, no daemon: the bare network
#        user-unicast     clusterarpd with this datapath and dedicated_mac; kernel-…, …-multicast
#        user-unicast-1000  the same with 1000 nodes in the file, of which 3 run; kernel-unicast-1000
#        kernel-unicast-clsact  the same with filters of clsact, as before Linux 6.6
#        socat            the addresses on a TAP that socat connects to eth0
# MEASURE: tcp1 tcp4 udp programs latency idle start memory, in any order; idle only with tcp1
#
# Hosts: alpha sends, beta receives, gamma is the bystander, out the outsider.
# Environment: BENCH_SECONDS: the length of one measurement (2). BENCH_CPUS: the two CPUs
# used ("0 1"). BENCH_PINNING: `hosts` (alpha's programs and daemon run on the first CPU, those
# of all other hosts on the second) or `crossed` (alpha's and beta's daemons swap CPUs, so that
# a daemon runs in parallel with its host's programs).

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"

# Messages of the lab go to stderr; stdout carries only the figures.
exec 3>&1 1>&2

SCENE=${1:-}
shift || fail "usage: scene.sh SCENE MEASURE…"
MEASURES=" $* "
: "${BENCH_SECONDS:=2}" "${BENCH_PINNING:=hosts}"
read -r CPU_A CPU_B _ <<<"${BENCH_CPUS:-0 1}"
PAYLOAD=18 # UDP payload of a 64-byte frame: 64 - 14 Ethernet - 20 IP - 8 UDP - 4 FCS
PEERS_MANY=1000
STARTED=$(now_ms)

wanted() { [[ $MEASURES == *" $1 "* ]]; }

# figure NAME VALUE: adds a number to the result.
FIGURES=()
figure() { FIGURES+=("$1 $2"); }

figures_print() {
	# shellcheck disable=SC2016 # jq's variables
	printf '%s\n' "${FIGURES[@]}" | jq -Rn --arg scene "$SCENE" '{ scene: $scene, figures:
		[inputs | split(" ") | { key: .[0], value: (.[1] | tonumber) }] | from_entries }' >&3
}

# calc EXPRESSION NAME=VALUE…
calc() {
	local expression=$1 setting args=()
	shift
	for setting in "$@"; do args+=(-v "$setting"); done
	awk "${args[@]}" "BEGIN { printf \"%.6f\\n\", $expression }"
}

# --- the scenes --------------------------------------------------------------

# pin NODE CPU: pins all threads of a host's daemon.
pin() { taskset -acp "$2" "${LAB_PID[$1]}" >/dev/null; }

pin_daemons() {
	case $BENCH_PINNING in
	hosts) pin alpha "$CPU_A" && pin beta "$CPU_B" ;;
	crossed) pin alpha "$CPU_B" && pin beta "$CPU_A" ;;
	*) fail "BENCH_PINNING=$BENCH_PINNING?" ;;
	esac
	pin gamma "$CPU_B"
}

scene_direct() {
	local host
	for host in "${LAB_NODES[@]}"; do
		ip -n "$host" addr add "$(addr_of "$host")/24" dev eth0
	done
	LAB_NODES=()
}

# socat_host HOST: puts the address on a TAP with its own MAC. The NIC's stack must stay silent:
# no ARP and no IPv6, so that no frame is sent to the NIC's own MAC. The NIC is promiscuous, so
# that it receives frames for the TAP's MAC. The MTU is the same. socat moves one frame at a time
# without offloads, so the stack above it segments and checksums every packet itself.
socat_host() {
	on "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	ip -n "$1" link set eth0 arp off promisc on
	ip netns exec "$1" socat INTERFACE:eth0 \
		"TUN:$(addr_of "$1")/24,tun-name=tap0,tun-type=tap,iff-no-pi,iff-up" \
		>"$LAB_DIR/$1.log" 2>&1 </dev/null &
	LAB_PID[$1]=$!
	within 5 ip -n "$1" link show tap0 up >/dev/null 2>&1 || fail "socat made no TAP on $1"
}

scene_socat() {
	local host
	for host in "${LAB_NODES[@]}"; do socat_host "$host"; done
	pin_daemons
}

# many_nodes: appends nodes that do not run, until the file has $PEERS_MANY nodes.
many_nodes() {
	local i
	for ((i = ${#LAB_NODES[@]}; i < PEERS_MANY; i++)); do
		printf '\n[node n%d]\naddress = 12.12.%d.%d/16\n' "$i" $((5 + i / 250)) $((1 + i % 250))
	done >>"$LAB_CONF"
}

# scene_cluster DATAPATH SCHEME [many]
scene_cluster() {
	local node seen settings=(datapath="$1" dedicated_mac="$2")
	if [ "${3:-}" = many ]; then
		for node in "${LAB_NODES[@]}"; do
			settings+=("$node.address=$(addr_of "$node")/16")
		done
	fi
	lab_config "${settings[@]}"
	[ "${3:-}" != many ] || many_nodes
	if wanted start; then start_timed alpha; else lab_start alpha; fi
	lab_start beta
	lab_start gamma
	seen=$(ctl alpha -j status | jq -r '.datapath // .status.datapath')
	[ "$seen" = "$1" ] || fail "alpha: asked for datapath $1, status says $seen"
	pin_daemons
}

# start_timed NODE: starts a daemon; measures the time from the command to READY=1, as a service
# manager sees it.
start_timed() {
	local notify=$LAB_DIR/notify listener from
	/usr/bin/python3 "$(dirname "$0")/ready.py" "$notify" >"$LAB_DIR/ready" &
	listener=$!
	within 5 test -S "$notify" || fail "ready.py does not listen"
	from=$EPOCHREALTIME
	NOTIFY_SOCKET=$notify lab_start "$1"
	wait "$listener" || fail "$1: no READY in time"
	figure start_ms "$(calc '(b - a) * 1000' a="$from" b="$(cat "$LAB_DIR/ready")")"
}

scene_set_up() {
	lab_nodes 3
	# Its router solicitations would reach all hosts, gamma too.
	on out sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	case $SCENE in
	direct) scene_direct ;;
	socat) scene_socat ;;
	*-clsact)
		lab_preload no_tcx
		scene_cluster "${SCENE%%-*}" unicast
		;;
	*-unicast-1000) scene_cluster "${SCENE%%-*}" unicast many ;;
	user-* | kernel-*) scene_cluster "${SCENE%%-*}" "${SCENE#*-}" ;;
	*) fail "no such scene: $SCENE" ;;
	esac
	STARTED=$(now_ms)
	expect_reach alpha beta
	expect_reach out alpha
}

# --- what is read from the kernel ----------------------------------------------

# cpu_of PID…: seconds of CPU that the processes have used, user and system.
TICKS=$(getconf CLK_TCK)
cpu_of() {
	local pid line sum=0
	for pid in "$@"; do
		line=$(<"/proc/$pid/stat")
		read -r -a line <<<"${line##*) }" # from the third field on
		sum=$((sum + line[11] + line[12]))
	done
	calc 's / t' s="$sum" t="$TICKS"
}

# cpu_fine PID: likewise from the scheduler's statistics, where a tick is too coarse.
cpu_fine() { awk '{ s += $1 } END { printf "%.6f\n", s / 1e9 }' /proc/"$1"/task/*/schedstat; }

# cpu_busy: non-idle seconds of all CPUs of the machine, whatever process used them.
cpu_busy() { awk -v t="$TICKS" '$1 == "cpu" { print ($2 + $3 + $4 + $7 + $8) / t }' /proc/stat; }

# switches_of PID: voluntary context switches of its threads; a wake-up follows each of them.
switches_of() {
	awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n + 0 }' /proc/"$1"/task/*/status
}

# frames_to HOST: number of frames that the switch has sent to the host's port.
frames_to() { on sw cat "/sys/class/net/p_$1/statistics/tx_packets"; }

# udp_count HOST FIELD: of /proc/net/snmp; 2 InDatagrams, 5 OutDatagrams, 6 RcvbufErrors.
# shellcheck disable=SC2016 # awk's variables
udp_count() { on "$1" awk -v f="$2" '$1 == "Udp:" { n = $f } END { print n }' /proc/net/snmp; }

# --- the measures --------------------------------------------------------------

# The announcements are over, and so is the ARP poll of the outsider's entry (5 s after its use):
# neither belongs to the measured traffic or to the daemon's own timers.
settled() { [ "$(now_ms)" -ge $((STARTED + 6500)) ]; }

tcp_run() { tcp_pair alpha beta -A "$CPU_A,$CPU_B" "$@"; }

# Fills neighbour tables, caches and TCP metrics.
warm_up() { tcp_run -t 1; }

# watched NAME COMMAND…: runs COMMAND and records what gamma's daemon did during it.
watched() {
	local name=$1 pid=${LAB_PID[gamma]:-} frames outsider cpu switches
	shift
	frames=$(frames_to gamma) outsider=$(frames_to out)
	if [ -z "$pid" ]; then
		"$@"
	else
		cpu=$(cpu_fine "$pid") switches=$(switches_of "$pid")
		"$@"
		figure "${name}_gamma_switches" $(($(switches_of "$pid") - switches))
		figure "${name}_gamma_cpu_ms" "$(calc '(b - a) * 1000' a="$cpu" b="$(cpu_fine "$pid")")"
	fi
	figure "${name}_gamma_frames" $(($(frames_to gamma) - frames))
	figure "${name}_out_frames" $(($(frames_to out) - outsider))
}

# costed COMMAND…: runs COMMAND and records the CPU time per gigabyte received: of the daemons of
# both ends (if there are any), and of the whole machine.
costed() {
	local daemons=() cpu=0 busy gigabytes
	[ -z "${LAB_PID[alpha]:-}" ] || daemons=("${LAB_PID[alpha]}" "${LAB_PID[beta]}")
	cpu=$(cpu_of "${daemons[@]}") busy=$(cpu_busy)
	"$@"
	busy=$(calc 'b - a' a="$busy" b="$(cpu_busy)")
	gigabytes=$(jq '.end.sum_received.bytes / 1e9' "$LAB_DIR/iperf.json")
	figure system_s_per_gb "$(calc 'a / g' a="$busy" g="$gigabytes")"
	[ "${#daemons[@]}" -gt 0 ] || return 0
	cpu=$(calc 'b - a' a="$cpu" b="$(cpu_of "${daemons[@]}")")
	figure daemon_s_per_gb "$(calc 'a / g' a="$cpu" g="$gigabytes")"
}

measure_tcp1() {
	local from
	wanted idle && { within 10 settled || fail "the clock stands still"; }
	from=$(now_ms)
	watched tcp1 costed tcp_run -t "$BENCH_SECONDS"
	figure tcp1_gbits "$GBITS"
	# The control: the same time without traffic.
	! wanted idle || watched idle sleep "$(calc 't / 1000' t=$(($(now_ms) - from)))"
}

measure_tcp4() {
	tcp_run -t "$BENCH_SECONDS" -P 4
	figure tcp4_gbits "$GBITS"
}

# One server for both UDP measurements.
SOCKPERF=
SOCKPERF_PORT=11111
udp_listens() { [ -n "$(on beta ss -Hlun "sport = :$SOCKPERF_PORT")" ]; }
sockperf_server() {
	[ -z "$SOCKPERF" ] || return 0
	on beta taskset -c "$CPU_B" sockperf server -i "$(addr_of beta)" -p $SOCKPERF_PORT \
		>"$LAB_DIR/sockperf.beta" 2>&1 </dev/null &
	SOCKPERF=$!
	within 5 udp_listens || fail "no sockperf server: $(cat "$LAB_DIR/sockperf.beta")"
}

# sockperf_client SECONDS COMMAND [ARGUMENTS]: its report goes to $LAB_DIR/sockperf.alpha. exec
# replaces the shell, so that a signal to the shell's process ends sockperf.
sockperf_client() {
	exec ip netns exec alpha timeout -k 1 $(($1 + 8)) taskset -c "$CPU_A" sockperf "$2" \
		-i "$(addr_of beta)" -p $SOCKPERF_PORT -t "$1" -m $PAYLOAD "${@:3}" \
		>"$LAB_DIR/sockperf.alpha" 2>&1 </dev/null
}

# udp_sample: time, sent, received, dropped because the socket buffer was full
udp_sample() {
	echo "$EPOCHREALTIME $(udp_count alpha 5) $(udp_count beta 2) $(udp_count beta 6)"
}

udp_flows() { [ "$(udp_count beta 2)" -gt $(($1 + 1000)) ]; }

# alpha sends as fast as it can; the kernel's counters are read for a window within that time.
measure_udp() {
	local client before a b
	sockperf_server
	before=$(udp_count beta 2)
	sockperf_client $((BENCH_SECONDS + 2)) throughput &
	client=$!
	within 6 udp_flows "$before" || fail "no UDP arrives: $(tail -n 5 "$LAB_DIR/sockperf.alpha")"
	sleep 0.5
	read -r -a a <<<"$(udp_sample)"
	sleep "$BENCH_SECONDS"
	read -r -a b <<<"$(udp_sample)"
	kill "$client" || fail "sockperf ended early: $(tail -n 5 "$LAB_DIR/sockperf.alpha")"
	wait "$client" || true
	figure udp_pps "$(calc '(d - c) / (b - a)' a="${a[0]}" b="${b[0]}" c="${a[2]}" d="${b[2]}")"
	figure udp_sent_pps "$(calc '(d - c) / (b - a)' a="${a[0]}" b="${b[0]}" c="${a[1]}" d="${b[1]}")"
	figure udp_unread_pps "$(calc '(d - c) / (b - a)' a="${a[0]}" b="${b[0]}" c="${a[3]}" d="${b[3]}")"
}

# How long the eBPF programs run for each frame, on both hosts together, while alpha sends as fast as it
# can.
measure_programs() {
	local client before
	sockperf_server
	before=$(udp_count beta 2)
	sockperf_client $((BENCH_SECONDS + 3)) throughput &
	client=$!
	within 6 udp_flows "$before" || fail "no UDP arrives: $(tail -n 5 "$LAB_DIR/sockperf.alpha")"
	"$(dirname "$0")/program_cost.py" "$BENCH_SECONDS" >"$LAB_DIR/programs"
	kill "$client" || fail "sockperf ended early: $(tail -n 5 "$LAB_DIR/sockperf.alpha")"
	wait "$client" || true
	figure programs_ns "$(awk '{ sum += $3 } END { print sum }' "$LAB_DIR/programs")"
}

percentile() { awk -v p="$1" '$0 ~ "percentile " p { print $NF }' "$LAB_DIR/sockperf.alpha"; }

measure_latency() {
	sockperf_server
	(sockperf_client "$BENCH_SECONDS" ping-pong) ||
		fail "sockperf: $(tail -n 5 "$LAB_DIR/sockperf.alpha")"
	figure latency_p50_us "$(percentile 50.000)"
	figure latency_p99_us "$(percentile 99.000)"
}

# Peak resident memory, the greater of the two daemons that carried traffic.
measure_memory() {
	local most=0 pid
	for pid in "${LAB_PID[alpha]:-}" "${LAB_PID[beta]:-}"; do
		[ -n "$pid" ] || return 0
		most=$(best "$most" "$(awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$pid/status")")
	done
	figure memory_mib "$most"
}

scene_set_up
warm_up
for measure in latency udp programs tcp4 tcp1 memory; do
	! wanted "$measure" || "measure_$measure"
done
figures_print
# Running processes end with the sandbox.
