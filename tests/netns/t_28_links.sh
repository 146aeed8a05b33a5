#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The NIC's cable is pulled, the NIC is set down, or the NIC is removed and another one added, 15
# times each (50 with LAB_ALL). The TAP has carrier exactly while the NIC is running, and traffic flows
# again both ways within 200 ms (another NIC: 500 ms), beside what a ping takes on a path that was not
# interrupted. Afterwards the daemon's state and the sources on the wire are as before. The TAP's MTU follows the NIC's within 200 ms.
#
# run: alone
# run: plain

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=outage.sh
. "$LAB_TOP/outage.sh"

TIMES=$([ -n "${LAB_ALL:-}" ] && echo 50 || echo 15)
SOON=$(seconds 200) LATER=$(seconds 500) # ms
lab_nodes 2 mtu=9000 family=46
NIC=$(nic_mac alpha)

tap() { on alpha cat "/sys/class/net/cluster0/$1"; }
tap_is() { [ "$(tap "$1")" = "$2" ]; }
nic_is_up() { ip -n alpha -j link show eth0 up | jq -e 'any(.[]; .ifname)' >/dev/null; }
fds() { find "/proc/${LAB_PID[alpha]}/fd" -mindepth 1 | wc -l; }
rss() { awk '/^VmRSS:/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }
filters() { lab_attached alpha eth0; }
# The addresses that the NIC's filter accepts.
memberships() {
	{
		on alpha bridge fdb show dev eth0 | awk '{ print $1 }' | grep -v '^\(33\|01\):' | sort -u
		on alpha ip -d -j link show eth0 | jq -r '.[0] | "promiscuity \(.promiscuity) allmulti \(.allmulti)"'
	} | xargs
}

# --- down and up ---

cable() { ip -n sw link set p_alpha "$1"; }
admin() { on alpha ip link set eth0 "$1"; }
nic() {
	if [ "$1" = up ]; then
		lab_veth alpha eth0 "$NIC" p_alpha
	else
		ip -n alpha link del eth0
	fi
}

# expect_carrier WHAT FUNCTION: the TAP's carrier follows. Down for 1.5 s, long enough to see
# whether the daemon sets up what was set down.
expect_carrier() {
	expect "$1: the TAP's carrier at first" 1 "$(tap carrier)"
	"$2" down
	soon "$LATER" tap_is carrier 0 || fail "$1: the TAP still has carrier"
	sleep 1.5
	expect "$1: the TAP's carrier after 1.5 s" 0 "$(tap carrier)"
	expect "$1: carrier in status" false "$(ctl alpha -j status | jq .link.carrier)"
	[ "$2" != admin ] || ! nic_is_up || fail "$1: the daemon set the NIC up"
	"$2" up
	soon "$LATER" tap_is carrier 1 || fail "$1: the TAP has no carrier again in time"
	ok "$1: the TAP has carrier again"
	expect "$1: carrier in status" true "$(ctl alpha -j status | jq .link.carrier)"
	for LAB_FAMILY in 4 6 ll; do
		expect_reach beta alpha
		expect_reach alpha out
	done
	LAB_FAMILY=46
}

# again FUNCTION: sets it up again. Sets IN, OUT and NOISE, the ms until a ping is answered from
# beta to alpha, from alpha to out, and, as a reference, from beta to out, a path that was not
# interrupted: what a busy machine needs for it says nothing of the daemon, and is taken off. (What is
# sent before the TAP is running is lost, as on any NIC. If that is an ARP request, the next one follows
# after a second.)
again() {
	local start pids=()
	start=$(clock)
	"$1" up
	soon "$(seconds 5)000" tap_is operstate up || fail "the TAP's operstate is not up again"
	answered beta "$(addr_of alpha)" >"$LAB_DIR/in" &
	pids+=("$!")
	answered beta "$(addr_of out)" >"$LAB_DIR/noise" &
	pids+=("$!")
	OUT=$(($(answered alpha "$(addr_of out)") - start))
	wait "${pids[0]}" || fail "beta does not reach alpha"
	wait "${pids[1]}" || fail "beta does not reach out"
	IN=$(($(cat "$LAB_DIR/in") - start)) NOISE=$(($(cat "$LAB_DIR/noise") - start))
}

# interrupt WHAT FUNCTION LIMIT: TIMES interruptions of 50 to 400 ms.
interrupt() {
	local i from=$LAB_DIR/beta-alpha to=$LAB_DIR/alpha-out noise=$LAB_DIR/beta-out
	: >"$from"
	: >"$to"
	: >"$noise"
	for ((i = 0; i < TIMES; i++)); do
		"$2" down
		soon "$LATER" tap_is carrier 0 || fail "$1, $i: the TAP still has carrier"
		sleep "0.$(printf %03d $((50 + 350 * i / TIMES)))"
		tap_is carrier 0 || fail "$1, $i: the TAP has carrier during the interruption"
		again "$2"
		tap_is carrier 1 || fail "$1, $i: traffic flows, but the TAP has no carrier"
		echo $((IN - NOISE)) >>"$from"
		echo $((OUT - NOISE)) >>"$to"
		echo "$NOISE" >>"$noise"
	done
	say "$1, ms until a ping is answered, min/median/max of $TIMES: beta to out $(spread "$noise")," \
		"more than that: beta to alpha $(spread "$from"), alpha to out $(spread "$to")"
	expect_num "$1, beta to alpha: ms more at most" "$(sort -n "$from" | tail -n 1)" "<=" "$3"
	expect_num "$1, alpha to out: ms more at most" "$(sort -n "$to" | tail -n 1)" "<=" "$3"
}

# expect_as_before WHAT
expect_as_before() {
	expect "$1: the shield's filters" 1/1 "$(filters)"
	expect "$1: memberships" "$MEMBERSHIPS" "$(memberships)"
	expect "$1: file descriptors" "$FDS" "$(fds)"
}

lab_config
lab_start_all
ping_all_pairs
MEMBERSHIPS=$(memberships)
say "memberships: $MEMBERSHIPS"
case $MEMBERSHIPS in *"$(dedicated_mac alpha)"*) ;; *) fail "no membership for alpha's dedicated MAC" ;; esac

# Captured on the bridge itself, which sees the frames of all ports even when a port is replaced.
capture sw br0 "$LAB_DIR/wire.pcap"
expect_carrier "the cable" cable
expect_carrier "the NIC set down" admin
expect_carrier "the NIC removed" nic
FDS=$(fds) before=$(rss) ifindex=$(on alpha cat /sys/class/net/eth0/ifindex)
interrupt "the cable" cable "$SOON"
expect_as_before "the cable"
interrupt "the NIC set down" admin "$SOON"
expect_as_before "the NIC set down"
interrupt "the NIC removed" nic "$LATER"
expect_as_before "the NIC removed"
expect_num "the NIC's index" "$(on alpha cat /sys/class/net/eth0/ifindex)" ">=" $((ifindex + TIMES))
growth=$(($(rss) - before))
if [ -n "$LAB_SLOW" ]; then
	say "growth of resident memory, KiB: $growth"
else
	expect_num "growth of resident memory, KiB" "$growth" "<=" 1024
fi
ping_all_pairs
capture_stop
expect_sources "sources on the wire during the whole test" "$LAB_DIR/wire.pcap" \
	"$(dedicated_mac alpha)" "$(dedicated_mac beta)" "$(nic_mac out)"

# Each request is answered once.
capture sw p_alpha "$LAB_DIR/arp.pcap" arp
for _ in {1..5}; do
	forget out 12.12.4.101 eth0
	reach out alpha || fail "out does not reach alpha"
done
capture_stop
# arps OP FROM FOR
arps() {
	frames pcap2rows "$LAB_DIR/arp.pcap" |
		awk -v o="$1" -v a="$2" -v b="$3" '$3 == o && $4 == a && $6 == b { print $1 }'
}
expect_num "ARP requests of out for alpha" "$(arps request 12.12.4.200 12.12.4.101 | wc -l)" ">=" 5
expect "replies to them" "$(arps request 12.12.4.200 12.12.4.101 | wc -l) $(dedicated_mac alpha)" \
	"$(arps response 12.12.4.101 12.12.4.200 | sort | uniq -c | xargs)"

# --- the MTU ---

for mtu in 1280 9000 1500; do
	start=$(clock)
	on alpha ip link set eth0 mtu $mtu
	soon "$SOON" tap_is mtu $mtu || fail "the TAP does not get the MTU $mtu in time"
	ok "MTU $mtu: the TAP has it after $(($(clock) - start)) ms"
	on alpha ping -n -c 2 -i 0.1 -W "$(seconds 1)" -M "do" -s $((mtu - 28)) 12.12.4.200 >"$LAB_DIR/output" 2>&1 ||
		fail "MTU $mtu: $(cat "$LAB_DIR/output")"
	on alpha ping -n -c 2 -i 0.1 -W "$(seconds 1)" -M "do" -s $((mtu - 48)) "$(addr6_of out)" >"$LAB_DIR/output" 2>&1 ||
		fail "MTU $mtu, IPv6: $(cat "$LAB_DIR/output")"
	ok "MTU $mtu: full-size packets are answered"
done
lab_stop_all
