# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lab.sh: the laboratory in which the whole system is tested. A test sources it first, and from
# then on runs in its own mount, PID, UTS and network namespaces with an empty /run. Everything that
# it creates (network namespaces, daemons, sockets) disappears when it ends, however it ends.
#
# The lab is a bridge br0 in the namespace `sw` with one port p_NAME for each host NAME; a host is
# a network namespace with a NIC eth0. Nodes (alpha, beta, gamma, delta) run clusterarpd; plain
# hosts (out, …) have an address on eth0 and run no daemon.
#
# Environment: CLUSTERARPD, CLUSTERARPCTL: the programs under test.
#   LAB_DATAPATH: user (the default) or kernel. LAB_SLOW=1: a sanitized build, with longer time
#   limits. LAB_PACE: how slow the machine is (pace.sh), measured if it is not set. LAB_DIR: where
#   files go.

set -eu
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${CLUSTERARPD:=$LAB_TOP/../../src/clusterarpd}"
: "${CLUSTERARPCTL:=$LAB_TOP/../../src/clusterarpctl}"
: "${LAB_SLOW:=}"
: "${LAB_DATAPATH:=user}"
# shellcheck source-path=SCRIPTDIR source=pace.sh
. "$LAB_TOP/pace.sh"
: "${LAB_PACE:=$(measure_pace)}"
export CLUSTERARPD CLUSTERARPCTL LAB_SLOW LAB_PACE LAB_DATAPATH
LAB_REPLY=$(((LAB_PACE + 3) / 4)) # seconds that a ping waits for the first answer

LAB_CLUSTER_IP=12.12.4.100
# shellcheck disable=SC2034 # for the tests, as is GBITS below
LAB_CLUSTER_MAC=02:bf:0c:0c:04:64
LAB_ALL_NODES=(alpha beta gamma delta)
LAB_NODES=()     # the nodes of this test
LAB_CONF=
declare -A LAB_PID=()
declare -A LAB_ADDR=([out]=12.12.4.200)
LAB_CLUSTER_IP6=2001:db8:4::100
declare -A LAB_ADDR6=([out]=2001:db8:4::200)
# The addresses that hosts of the lab have: 4, 6 or 46. For a single command, such as
# `LAB_FAMILY=6 ping_all_pairs`, the addresses that it uses: 4 (also for 46), 6, or ll (link-local).
LAB_FAMILY=4
LAB_DEDICATED=dedicated_mac # the function that gives a node's dedicated MAC
LAB_CAPTURES=()

# --- the sandbox -----------------------------------------------------------

lab_sandbox_enter() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "skipped: needs root" >&2
		exit 77
	fi
	LAB_SANDBOX=1 exec unshare --mount --net --uts --pid --fork --kill-child --mount-proc -- \
		"$BASH" "$0" "$@"
}

lab_sandbox_furnish() {
	unset LAB_SANDBOX
	mount --make-rprivate /
	echo lab >/proc/sys/kernel/hostname # the machine's own name may be that of a node
	mount -t tmpfs -o mode=755 lab /run
	mknod -m 666 /run/tun c 10 200
	mount --bind /run/tun /dev/net/tun
	if [ -z "${LAB_DIR:-}" ]; then
		LAB_DIR=/run/lab
		trap 'lab_show_logs $?' EXIT
	fi
	mkdir -p "$LAB_DIR" /run/clusterarpd
	chmod 755 "$LAB_DIR"
	trap 'exit 130' INT TERM
	ip link set lo up
}

# Shows the logs of a test that is run by hand; otherwise the runner shows them.
lab_show_logs() {
	[ "$1" -ne 0 ] && [ "$1" -ne 77 ] || return 0
	local log
	for log in "$LAB_DIR"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}" >&2
		tail -n 40 "$log" >&2
	done
}

# --- verdicts --------------------------------------------------------------

say() { printf '# %s\n' "$*"; }
ok() { printf 'ok: %s\n' "$*"; }

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

skip() {
	printf 'skipped: %s\n' "$*" >&2
	exit 77
}

# expect WHAT EXPECTED SEEN
expect() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', saw '$3'"
	ok "$1: $3"
}

# expect_count WHAT EXPECTED SEEN: likewise, of what may happen once more on a machine so slow that the
# daemon itself is late: then, EXPECTED or more.
expect_count() {
	if [ "$LAB_PACE" = 1 ]; then expect "$@"; else expect_num "$1" "$3" ">=" "$2"; fi
}

# expect_num WHAT A OP B, with OP as in awk: < <= == >= >
expect_num() {
	awk -v a="$2" -v b="$4" "BEGIN { exit !(a + 0 $3 b + 0) }" ||
		fail "$1: expected $3 $4, saw $2"
	ok "$1: $2 ($3 $4)"
}

# expect_rc RC WHAT COMMAND…: the command's output goes to $LAB_DIR/output.
expect_rc() {
	local want=$1 what=$2 rc=0
	shift 2
	if [ "$(type -t "$1")" = function ]; then
		"$@" >"$LAB_DIR/output" 2>&1 </dev/null || rc=$?
	else
		timeout -k 2 "$(seconds 10)" "$@" >"$LAB_DIR/output" 2>&1 </dev/null || rc=$?
	fi
	[ "$rc" -eq "$want" ] ||
		fail "$what: expected exit status $want, saw $rc: $(head -c 2000 "$LAB_DIR/output")"
	ok "$what: exit status $rc"
}

# by_path USER KERNEL: prints the argument for this data path.
by_path() { if [ "$LAB_DATAPATH" = kernel ]; then echo "$2"; else echo "$1"; fi; }

# seconds N: a time limit of N seconds (or N of another unit), longer with a slow build and on a slow
# machine.
seconds() { echo $(($1 * LAB_PACE * (${#LAB_SLOW} > 0 ? 4 : 1))); }

# now_ms: the time since boot in milliseconds.
now_ms() {
	local up
	read -r up _ </proc/uptime
	up=${up/./}
	echo $((10#$up * 10))
}

# within SECONDS COMMAND…: repeats the command until it succeeds; false after SECONDS, or after four
# times as long where a busy machine runs it less than ten times a second.
# Use $(seconds N) for a limit that is longer with a slow build or machine.
within() {
	local from spent most=$(($1 * 1000)) tries=$(($1 * 10))
	from=$(now_ms)
	shift
	until "$@"; do
		tries=$((tries - 1))
		spent=$(($(now_ms) - from))
		[ "$spent" -lt "$most" ] || { [ "$tries" -gt 0 ] && [ "$spent" -lt $((most * 4)) ]; } || return 1
		sleep 0.05
	done
}

# lab_programs HOST DEVICE HOOK: name and tag of each of our programs that is attached there, by a
# link or as a filter.
lab_programs() {
	{
		on "$1" "$LAB_TOP/tcx.py" show "$2" "$3" 2>/dev/null || true
		on "$1" tc filter show dev "$2" "$3" 2>/dev/null |
			sed -n 's/.* handle .* \(clusterarpd_[a-z]*\)[^ ]* .*tag \([0-9a-f]*\) .*/\1 \2/p'
	} | grep ^clusterarpd_ || true
}
# lab_attached HOST DEVICE: how many there are at its ingress, and at its egress: 1/1.
lab_attached() {
	echo "$(lab_programs "$1" "$2" ingress | wc -l)/$(lab_programs "$1" "$2" egress | wc -l)"
}

# --- hosts and wires -------------------------------------------------------

on() {
	local host=$1
	shift
	ip netns exec "$host" "$@"
}

addr6_of() { echo "${LAB_ADDR6[$1]}"; }

# addr_of NAME: its address of the family in use.
addr_of() {
	case $LAB_FAMILY in
	6) addr6_of "$1" ;;
	ll) link_local_of "$1" ;;
	*) echo "${LAB_ADDR[$1]}" ;;
	esac
}

# addr_on HOST NAME: the same as HOST has to write it: a link-local address with its interface.
addr_on() {
	local zone=
	[ "$LAB_FAMILY" != ll ] || zone=%$(dev_of "$1")
	echo "$(addr_of "$2")$zone"
}

has_daemon() { [[ " ${LAB_NODES[*]} " = *" $1 "* ]]; }
# dev_of HOST: the interface that has its addresses.
dev_of() { if has_daemon "$1"; then echo cluster0; else echo eth0; fi; }

# eui64 PREFIX MAC: the address that the MAC gives in this prefix of 64 bits (RFC 4291, appendix A).
eui64() {
	local a b c d e f
	IFS=: read -r a b c d e f <<<"$2"
	printf '%s%x:%x:%x:%x\n' "$1" $((((0x$a ^ 2) << 8) | 0x$b)) $(((0x$c << 8) | 0xff)) \
		$((0xfe00 | 0x$d)) $(((0x$e << 8) | 0x$f))
}

# link_local_of NAME: of a node by its dedicated MAC, of another host by that of its NIC.
link_local_of() {
	if has_daemon "$1"; then eui64 fe80:: "$("$LAB_DEDICATED" "$1")"; else eui64 fe80:: "$(nic_mac "$1")"; fi
}
nic_mac() { on "$1" cat "/sys/class/net/${2:-eth0}/address"; }

# node_index NODE: 1 for alpha, …
node_index() {
	local i
	for i in "${!LAB_ALL_NODES[@]}"; do
		[ "${LAB_ALL_NODES[i]}" != "$1" ] || echo $((i + 1))
	done
}

# The MACs that SPEC 3 gives a node for the default cluster MAC.
dedicated_mac() { printf '06:bf:0c:0c:04:%02x\n' $((100 + $(node_index "$1"))); }
group_mac() { printf '03:bf:0c:0c:04:%02x\n' $((100 + $(node_index "$1"))); }
masked_mac() { printf '02:%02x:0c:0c:04:64\n' "$(node_index "$1")"; }

lab_switch() {
	ip netns add sw
	on sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip -n sw link add br0 type bridge
	ip -n sw link set br0 type bridge mcast_snooping 0 stp_state 0 \
		ageing_time "$LAB_AGEING"
	# These exist only while br_netfilter is loaded, which only a firewall does.
	on sw sysctl -e -qw net.bridge.bridge-nf-call-iptables=0 \
		net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0
	ip -n sw link set br0 mtu "$LAB_MTU" up
}

# lab_veth HOST NAME MAC PORT: makes a veth into the switch. The port's index always differs from
# the NIC's: the kernel would treat a pair with equal indexes as one link, and report its carrier
# up to a second late (linkwatch).
LAB_INDEX=1000
lab_veth() {
	LAB_INDEX=$((LAB_INDEX + 1))
	ip link add "$4" netns sw index "$LAB_INDEX" mtu "$LAB_MTU" type veth \
		peer name "$2" netns "$1" mtu "$LAB_MTU" address "$3"
	ip -n sw link set "$4" master br0 up
}

# A macvlan's lower device is in its own namespace, so that its stack does not interfere.
lab_macvlan() {
	ip netns add "low_$1"
	on "low_$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	lab_veth "low_$1" lower0 "$2" "p_$1"
	ip -n "low_$1" link set lower0 up
	ip -n "low_$1" link add link lower0 name eth0 netns "$1" address "$2" \
		type macvlan mode passthru nopromisc
}

# lab_host NAME MAC [veth|macvlan]: makes a host on the switch, its NIC up.
lab_host() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	if [ "${3:-veth}" = macvlan ]; then
		lab_macvlan "$1" "$2"
	else
		lab_veth "$1" eth0 "$2" "p_$1"
	fi
	ip -n "$1" link set eth0 up
	lab_remember "$1" eth0
}

# lab_remember HOST DEVICE: entries of its neighbour tables that nothing uses stay, however long the test
# takes: with more than 128 entries on the whole machine the kernel removes them after a minute.
lab_remember() {
	on "$1" sysctl -eqw "net.ipv4.neigh.$2.gc_stale_time=86400" "net.ipv6.neigh.$2.gc_stale_time=86400"
}

# lab_rename HOST OLD NEW: renames a link that is up. Kernels before 6.2 cannot (nor here, with
# LAB_OLD_RENAME=1): it is set down for that, which costs its routes and its link-local addresses, and the
# result is false.
lab_rename() {
	[ -n "${LAB_OLD_RENAME:-}" ] || ! ip -n "$1" link set "$2" name "$3" 2>/dev/null || return 0
	ip -n "$1" link set "$2" down
	ip -n "$1" link set "$2" name "$3"
	ip -n "$1" link set "$3" up
	say "$2 was down to be renamed to $3"
	return 1
}

# lab_plain NAME LASTBYTE: makes a host without a daemon, 12.12.4.LASTBYTE/24 on eth0, or
# 2001:db8:4::LASTBYTE/64, or both.
lab_plain() {
	lab_host "$1" "$(printf '52:54:00:00:00:%02x' "$2")"
	LAB_ADDR[$1]=12.12.4.$2
	LAB_ADDR6[$1]=2001:db8:4::$2
	[ "$LAB_FAMILY" = 6 ] || ip -n "$1" addr add "12.12.4.$2/24" dev eth0
	[ "$LAB_FAMILY" = 4 ] || ip -n "$1" addr add "${LAB_ADDR6[$1]}/64" dev eth0 nodad
}

# lab_nodes N [ageing=CENTISECONDS] [mtu=N] [forward=1] [nic=macvlan] [out=no] [family=4|6|46]
# Prefixes are 12.12.4.0/24 and 2001:db8:4::/64.
lab_nodes() {
	local count=$1 i name nic=veth forward=0 out=yes option
	LAB_AGEING=30000 LAB_MTU=1500
	shift
	for option in "$@"; do
		case $option in
		ageing=*) LAB_AGEING=${option#*=} ;;
		mtu=*) LAB_MTU=${option#*=} ;;
		forward=*) forward=${option#*=} ;;
		nic=*) nic=${option#*=} ;;
		out=*) out=${option#*=} ;;
		family=*) LAB_FAMILY=${option#*=} ;;
		*) fail "lab_nodes: $option?" ;;
		esac
	done
	lab_switch
	LAB_NODES=("${LAB_ALL_NODES[@]:0:count}")
	for ((i = 1; i <= count; i++)); do
		name=${LAB_ALL_NODES[i - 1]}
		LAB_ADDR[$name]=12.12.4.$((100 + i))
		LAB_ADDR6[$name]=2001:db8:4::$((100 + i))
		lab_host "$name" "52:54:00:00:00:0$i" "$nic"
		[ "$forward" = 0 ] || on "$name" sysctl -qw net.ipv4.ip_forward=1
		[ "$forward" = 0 ] || [ "$LAB_FAMILY" = 4 ] ||
			on "$name" sysctl -qw net.ipv6.conf.all.forwarding=1
	done
	[ "$out" = no ] || lab_plain out 200
}

# --- configuration ---------------------------------------------------------

# lab_addresses IPV4 IPV6: the prefixes of the lab's family, for the file.
lab_addresses() {
	case $LAB_FAMILY in
	6) echo "$2/64" ;;
	46) echo "$1/24, $2/64" ;;
	*) echo "$1/24" ;;
	esac
}

# lab_config [KEY=VALUE…] [NODE.KEY=VALUE…]: writes $LAB_CONF for the nodes of
# the lab. KEY= without a value leaves the key out. Without IPv4 addresses the file gives the MACs
# that these would have given.
lab_config() {
	local -A cluster=([interface]=eth0 [tap]=cluster0 [datapath]=$LAB_DATAPATH
		[address]="$(lab_addresses "$LAB_CLUSTER_IP" "$LAB_CLUSTER_IP6")")
	local -A per_node=()
	local setting key name mac
	[ "$LAB_FAMILY" != 6 ] || cluster[mac]=$LAB_CLUSTER_MAC
	for setting in "$@"; do
		key=${setting%%=*}
		case $key in
		*.*) per_node[$key]=${setting#*=} ;;
		*) cluster[$key]=${setting#*=} ;;
		esac
	done
	LAB_CONF=$LAB_DIR/clusterarpd.conf
	LAB_DEDICATED=dedicated_mac
	[ "${cluster[dedicated_mac]-}" != multicast ] || LAB_DEDICATED=group_mac
	{
		echo "[cluster]"
		for key in "${!cluster[@]}"; do
			[ -z "${cluster[$key]}" ] || echo "$key = ${cluster[$key]}"
		done
		for name in "${LAB_NODES[@]}"; do
			printf '\n[node %s]\n' "$name"
			echo "address = ${per_node[$name.address]-$(lab_addresses "${LAB_ADDR[$name]}" "${LAB_ADDR6[$name]}")}"
			echo "id = $(node_index "$name")"
			mac=${per_node[$name.mac]-}
			[ -n "$mac" ] || [ "$LAB_FAMILY" != 6 ] || mac=$("$LAB_DEDICATED" "$name")
			[ -z "$mac" ] || echo "mac = $mac"
			[ -z "${per_node[$name.weight]-}" ] || echo "weight = ${per_node[$name.weight]}"
		done
	} >"$LAB_CONF"
}

# --- daemons ---------------------------------------------------------------

socket_of() { echo "/run/clusterarpd/$1/control.sock"; }
ctl() { timeout -k 1 "$(seconds 5)" "$CLUSTERARPCTL" -s "$(socket_of "$1")" "${@:2}"; }

# counter NODE JQ-PATH, for example .drops.echo; peer NODE PEER JQ-PATH
counter() { ctl "$1" -j counters | jq -er ".counters$2"; }
peer() { ctl "$1" -j peers | jq -er --arg n "$2" ".peers[] | select(.name == \$n) | $3"; }

lab_up() { ctl "$1" -j status >/dev/null 2>&1; }
lab_alive() { kill -0 "${LAB_PID[$1]}" 2>/dev/null; }
lab_up_or_dead() { lab_up "$1" || ! lab_alive "$1"; }

# lab_preload [NAME]: daemons that start from now on have NAME.c preloaded; without NAME: nothing.
LAB_WITH=()
lab_preload() {
	local library=$LAB_DIR/${1:-}.so
	LAB_WITH=()
	[ -n "${1:-}" ] || return 0
	[ -f "$library" ] ||
		"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$library" "$LAB_TOP/$1.c" -ldl
	LAB_WITH=(env "ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
		"LD_PRELOAD=$library")
}

# lab_launch NODE COMMAND…: starts the daemon in the background, with its log in NODE.log.
lab_launch() {
	local node=$1
	shift
	mkdir -p "/run/clusterarpd/$node"
	ip netns exec "$node" "${LAB_WITH[@]}" "$@" >>"$LAB_DIR/$node.log" 2>&1 </dev/null &
	LAB_PID[$node]=$!
	within "$(seconds 5)" lab_up_or_dead "$node" ||
		fail "$node: no answer on the control socket in time"
	lab_up "$node" || fail "$node: the daemon ended: $(tail -n 5 "$LAB_DIR/$node.log")"
	lab_remember "$node" cluster0
}

# lab_start NODE [-- DAEMON ARGUMENTS]
lab_start() {
	local node=$1
	shift
	[ "${1:-}" != -- ] || shift
	lab_launch "$node" "$CLUSTERARPD" -c "$LAB_CONF" -n "$node" -s "$(socket_of "$node")" "$@"
}

# lab_start_user NODE: starts the daemon as nobody with the four capabilities of the unit.
lab_start_user() {
	local node=$1 caps=+net_admin,+net_raw,+bpf,+perfmon program=$CLUSTERARPD
	mkdir -p "/run/clusterarpd/$node"
	chown 65534:65534 "/run/clusterarpd/$node"
	if ! setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$program"; then
		program=/run/clusterarpd/program
		install -m 755 "$CLUSTERARPD" "$program"
	fi
	lab_launch "$node" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps "-all,$caps" --ambient-caps "-all,$caps" --bounding-set "-all,$caps" \
		"$program" -c "$LAB_CONF" -n "$node" -s "$(socket_of "$node")"
}

# Starts all daemons, and waits until duplicate address detection is over.
lab_start_all() {
	local node
	for node in "${LAB_NODES[@]}"; do lab_start "$node"; done
	[ "$LAB_FAMILY" = 4 ] || lab_settle
}

lab_settle() {
	local host
	for host in "${LAB_NODES[@]}"; do
		within "$(seconds 10)" lab_settled "$host" || fail "$host: addresses remain tentative"
		[ -z "$(on "$host" ip -6 addr show dadfailed)" ] ||
			fail "$host: duplicate addresses: $(on "$host" ip -6 addr show dadfailed)"
	done
}

# Waits until the announcements at the daemons' start (three, a second apart) are over.
lab_announced() { sleep $((3 + LAB_PACE / 4)).2; }

lab_dead() { ! lab_alive "$1"; }

# No sanitizer has reported an error.
lab_log_clean() {
	local found
	found=$(grep -E 'ERROR: AddressSanitizer|runtime error:|LeakSanitizer|ThreadSanitizer' \
		"$LAB_DIR/$1.log" | head -n 3)
	[ -z "$found" ] || fail "$1: $found"
}

# lab_stop NODE: a clean stop, which must succeed.
lab_stop() {
	local rc=0
	lab_alive "$1" || fail "$1: the daemon is not running any more"
	kill -TERM "${LAB_PID[$1]}"
	within "$(seconds 10)" lab_dead "$1" || fail "$1: the daemon does not end on SIGTERM"
	wait "${LAB_PID[$1]}" || rc=$?
	unset "LAB_PID[$1]"
	[ "$rc" -eq 0 ] || fail "$1: expected exit status 0 on SIGTERM, saw $rc"
	lab_log_clean "$1"
}

lab_stop_all() {
	local node
	for node in "${LAB_NODES[@]}"; do lab_stop "$node"; done
	ok "clean stop of all daemons"
}

# lab_kill NODE: ends the daemon with SIGKILL, like a crash.
lab_kill() {
	kill -KILL "${LAB_PID[$1]}"
	within "$(seconds 5)" lab_dead "$1" || fail "$1: survives SIGKILL"
	wait "${LAB_PID[$1]}" 2>/dev/null || true
	unset "LAB_PID[$1]"
}

# --- what a host looks like ------------------------------------------------

# lab_settled HOST: no address is tentative. The kernel adds an address's own route, and joins its
# group, a moment after the address, even without duplicate address detection.
lab_settled() {
	! on "$1" ip -6 addr show tentative | grep -q inet6 &&
		[ "$(on "$1" ip -6 -o addr show up -tentative | wc -l)" -le \
			"$(on "$1" ip -6 route show table local type local | wc -l)" ]
}

# The kernel gives a NIC its link-local address a moment after its carrier.
lab_has_link_local() {
	[ "$(on "$1" cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6 2>/dev/null || echo 1)" = 1 ] ||
		! on "$1" ip link show eth0 up 2>/dev/null | grep -q LOWER_UP ||
		on "$1" ip -d link show eth0 | grep -q 'addrgenmode none' || on "$1" ip -6 addr show dev eth0 | grep -q fe80
}

# lab_snapshot NODE: prints everything that a clean stop must restore. The order of link-local
# routes through different links, and of groups, means nothing; it changes when an address is removed
# and added.
lab_snapshot() {
	within 2 lab_has_link_local "$1" || true # it may have lost it for good
	within "$(seconds 10)" lab_settled "$1" || fail "$1: addresses remain tentative"
	# shellcheck disable=SC2016
	on "$1" sh -c '
		ip -d link
		ip addr
		ip route show table all | grep -v "^fe80::/64 "
		ip -6 route show table all | grep -v "^fe80::/64 "
		ip -6 route show table all | grep "^fe80::/64 " | sort
		ip rule
		tc qdisc
		for d in $(ls /sys/class/net); do
			echo "filters of $d"
			for hook in root ingress egress; do
				tc filter show dev "$d" "$hook" 2>/dev/null
			done
		done
		for d in $(ls /sys/class/net); do
			echo "groups of $d"
			ip maddr show dev "$d" | sort
		done
		ip neigh show nud permanent
		bridge fdb | sort'
}

# lab_watch NODE: starts to note changes of its addresses. lab_watched: ends that; the changes are in
# $LAB_DIR/changes.
lab_watch() {
	ip -n "$1" monitor address >"$LAB_DIR/changes" 2>/dev/null &
	LAB_WATCH=$!
	within "$(seconds 5)" lab_watches "$1" || fail "ip monitor sees nothing"
}
lab_watches() {
	ip -n "$1" addr add 127.0.0.9/32 dev lo
	ip -n "$1" addr del 127.0.0.9/32 dev lo
	[ -s "$LAB_DIR/changes" ]
}
lab_watched() {
	sleep 0.2
	kill "$LAB_WATCH"
	wait "$LAB_WATCH" 2>/dev/null || true
}
# lab_tentative PATTERN: the changes in which such an address was tentative.
lab_tentative() { grep -v '^Deleted' "$LAB_DIR/changes" | grep "$1.*tentative" || true; }

# expect_unchanged WHAT FILE FILE
expect_unchanged() {
	diff -u "$2" "$3" >"$LAB_DIR/diff" || fail "$1: $(cat "$LAB_DIR/diff")"
	ok "$1: nothing differs"
}

# --- captures --------------------------------------------------------------

capture_listens() { grep -q 'listening on' "$1.err"; }

# capture HOST IFACE FILE [TCPDUMP ARGUMENTS]: until capture_stop.
capture() {
	local host=$1 iface=$2 file=$3
	shift 3
	: >"$file.err"
	ip netns exec "$host" tcpdump -Z root -n -U --immediate-mode -B 32768 \
		-i "$iface" -w "$file" "$@" >/dev/null 2>"$file.err" </dev/null &
	LAB_CAPTURES+=("$!")
	within "$(seconds 5)" capture_listens "$file" ||
		fail "no capture on $host $iface: $(cat "$file.err")"
}

captures_gone() {
	local pid
	for pid in "${LAB_CAPTURES[@]}"; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done
}

# A tcpdump that sleeps has taken all frames: each wakes it up.
captures_rest() {
	local pid
	for pid in "${LAB_CAPTURES[@]}"; do
		! grep -q '^State:.*R' "/proc/$pid/status" 2>/dev/null || return 1
	done
}

# Ends all captures; the frames that passed before this call are in the files.
capture_stop() {
	[ "${#LAB_CAPTURES[@]}" -gt 0 ] || return 0
	sleep 0.2
	within "$(seconds 5)" captures_rest || fail "a capture does not come to its end"
	kill -INT "${LAB_CAPTURES[@]}" 2>/dev/null || true
	within "$(seconds 5)" captures_gone || fail "a capture does not end"
	LAB_CAPTURES=()
}

frames() { /usr/bin/python3 "$LAB_TOP/frames.py" "$@"; }

# expect_sources WHAT FILE MAC…: the Ethernet sources in a capture are these.
expect_sources() {
	local what=$1 file=$2
	shift 2
	expect "$what" "$(printf '%s\n' "$@" | sort | xargs)" "$(frames sources "$file" | xargs)"
}

# --- traffic ---------------------------------------------------------------

# lab_pairs: the directed pairs between nodes, and both ways with the outsider.
lab_pairs() {
	local a b
	for a in "${LAB_NODES[@]}" out; do
		for b in "${LAB_NODES[@]}" out; do
			[ "$a" = "$b" ] || echo "$a $b"
		done
	done
}

# ping_answers FILE: of the output of one ping (not -q): how many pings were answered, how many up to the
# last of these were not, and how many answers came twice. ping itself counts those as lost whose answer
# is on its way when it ends, an interval after the last one was sent: on a busy machine, some are.
ping_answers() {
	awk '/DUP!/ { twice++; next }
		/icmp_seq=.*time=/ { sub(/.*icmp_seq=/, ""); n++; if ($1 + 0 > last) last = $1 + 0 }
		END { print n + 0, last - n, twice + 0 }' "$1"
}

# ping_clean A B [PING ARGUMENTS]: 5 pings, none lost, none duplicated, no redirect.
ping_clean() {
	local a=$1 b=$2 text n lost twice
	shift 2
	text=$(on "$a" timeout -k 1 "$(seconds 20)" ping -n -c 5 -l 4 -i 0.2 -w "$(seconds 10)" "$@" \
		"$(addr_on "$a" "$b")" 2>&1) || { echo "$a to $b: $text" && return 1; }
	read -r n lost twice < <(ping_answers - <<<"$text")
	case $text in *Redirect* | *rrors*) n=0 ;; esac
	[ "$n" -lt 5 ] || [ "$lost $twice" != "0 0" ] || return 0
	echo "$a to $b: $text"
	return 1
}

# ping_all_pairs [PING ARGUMENTS]
ping_all_pairs() {
	local a b pid n=0 pids=() bad=0
	while read -r a b; do
		ping_clean "$a" "$b" "$@" >"$LAB_DIR/ping.$a.$b" &
		pids+=("$!")
		n=$((n + 1))
	done < <(lab_pairs)
	for pid in "${pids[@]}"; do wait "$pid" || bad=$((bad + 1)); done
	[ "$bad" -eq 0 ] || fail "$bad of $n pairs: $(cat "$LAB_DIR"/ping.*)"
	rm -f "$LAB_DIR"/ping.*
	ok "ping in $n directed pairs: 0 lost, 0 DUP!, no redirect"
}

# pings_begin HOST ADDRESS, pings_end: pings every 5 ms from the one call to the other.
LAB_PINGS=
pings_begin() {
	ip netns exec "$1" ping -n -i 0.005 -w "$(seconds 300)" "$2" >"$LAB_DIR/ping" 2>&1 </dev/null &
	LAB_PINGS=$!
	within "$(seconds 2)" grep -q 'time=' "$LAB_DIR/ping" || fail "$1 does not reach $2"
}
answers_are() {
	local n lost
	read -r n lost _ < <(ping_answers "$LAB_DIR/ping")
	[ "$n" -ge "$1" ] && [ $((n + lost)) -ge "$2" ]
}
# pings_end WHAT AT-LEAST [MOST-LOST]: when so many are answered, and some that were sent just now. What is in
# flight at the end does not count.
pings_end() {
	local count lost
	read -r count lost _ < <(ping_answers "$LAB_DIR/ping")
	within "$(seconds 5)" answers_are "$2" $((count + lost + 5)) ||
		fail "$1: no more answers: $(tail -n 3 "$LAB_DIR/ping")"
	kill -INT "$LAB_PINGS" 2>/dev/null || fail "$1: the pings have ended early: $(tail -n 3 "$LAB_DIR/ping")"
	wait "$LAB_PINGS" || fail "$1: $(tail -n 3 "$LAB_DIR/ping")"
	! grep -q 'DUP!\|rrors\|From' "$LAB_DIR/ping" ||
		fail "$1: $(grep 'DUP!\|rrors\|From' "$LAB_DIR/ping" | head -n 5)"
	read -r count lost _ < <(ping_answers "$LAB_DIR/ping")
	expect_num "$1: lost, with $count pings answered" "$lost" "<=" "${3:-0}"
}

# arp_answers HOST ADDRESS: the MACs in the answers to two ARP requests, one per line.
arp_answers() {
	on "$1" timeout -k 1 10 arping -b -c 2 -w 3 -I eth0 "$2" |
		sed -n 's/.*\[\([0-9A-Fa-f:]*\)\].*/\1/p' | tr A-F a-f
}

# expect_reach A B: a ping is answered in time (neighbour tables may have to change first).
reach() { on "$1" ping -n -c 1 -W "$LAB_REPLY" "$(addr_on "$1" "$2")" >/dev/null 2>&1; }
expect_reach() {
	within "$(seconds 5)" reach "$1" "$2" || fail "$1 does not reach $2"
	ok "$1 reaches $2"
}

LAB_PORT=5200
listens() { [ -n "$(on "$1" ss -Hltn "sport = :$2")" ]; }

# iperf A B CLIENT-ARGUMENTS: iperf3's JSON report of A sending to B.
iperf() {
	local a=$1 b=$2 server
	shift 2
	LAB_PORT=$((5201 + (LAB_PORT - 5199) % 500))
	timeout -k 1 "$(seconds 30)" ip netns exec "$b" iperf3 -s -1 -p "$LAB_PORT" >"$LAB_DIR/iperf.$b" 2>&1 &
	server=$!
	within "$(seconds 5)" listens "$b" "$LAB_PORT" || fail "no iperf3 server on $b"
	on "$a" timeout -k 1 "$(seconds 10)" iperf3 -J -c "$(addr_on "$a" "$b")" -p "$LAB_PORT" \
		"$@" >"$LAB_DIR/iperf.json" 2>&1 ||
		fail "iperf3 $a to $b: $(jq -r .error "$LAB_DIR/iperf.json" 2>/dev/null ||
			head -c 1000 "$LAB_DIR/iperf.json")"
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
}

# tcp_pair A B [ARGUMENTS]: sets GBITS, the rate received in gigabits a second.
tcp_pair() {
	local a=$1 b=$2
	shift 2
	[ $# -gt 0 ] || set -- -t 1
	iperf "$a" "$b" "$@"
	GBITS=$(jq -r '.end.sum_received.bits_per_second / 1e7 | round / 100' "$LAB_DIR/iperf.json")
	expect_num "TCP $a to $b, Gb/s" "$GBITS" ">" 0
}

# transfer_of A B: a line of standard input for expect_transfers. transfers_of_all_pairs: of all.
transfer_of() {
	local devices=
	[ "$LAB_FAMILY" != ll ] || devices="$(dev_of "$1") $(dev_of "$2")"
	echo "$1 $2 $(addr_of "$2") $devices"
}
transfers_of_all_pairs() {
	local a b
	while read -r a b; do transfer_of "$a" "$b"; done < <(lab_pairs)
}
# expect_transfers WHAT: TCP and UDP between the pairs on standard input, one after the other: each byte
# and each datagram arrives, and once (transfers.py).
expect_transfers() {
	cat >"$LAB_DIR/pairs"
	/usr/bin/python3 "$LAB_TOP/transfers.py" --patience "$(seconds 10)" <"$LAB_DIR/pairs" \
		>"$LAB_DIR/transfers" 2>&1 || fail "$1, TCP and UDP: $(grep -v ': all$' "$LAB_DIR/transfers")"
	expect "$1, TCP and UDP: pairs to which all arrives" "$(wc -l <"$LAB_DIR/pairs")" \
		"$(grep -c ': all$' "$LAB_DIR/transfers")"
}

# best A B: the greater of the two; ratio A B: A/B with two decimals.
best() { awk -v a="$1" -v b="$2" 'BEGIN { print (a + 0 > b + 0) ? a : b }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", (b > 0) ? a / b : 0 }'; }

# --- neighbour tables --------------------------------------------------------

# By an address of any family. table NODE ADDRESS [DEV]: the MAC that the stack would use, "-" for none.
table() {
	on "$1" ip -j neigh show "$2" dev "${3:-cluster0}" |
		jq -r '[.[] | .lladdr // "-"] | first // "-"'
}

# forget NODE ADDRESS [DEV]
forget() { on "$1" ip neigh flush to "$2" dev "${3:-cluster0}"; }

{ [ -n "${LAB_SANDBOX:-}" ] && [ $$ -eq 1 ]; } || lab_sandbox_enter "$@"
lab_sandbox_furnish
