#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# While the daemon runs, the NIC has no IPv6 link-local address and makes none (SPEC 5). A stop
# restores both exactly, without a new duplicate address detection: also after crashes, and with
# whatever adopt is set to. One that another program adds is removed, until it comes again and
# again.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
RECORD=$(socket_of alpha).eth0.json

# mode LINK: its addr_gen_mode. link_locals LINK: its link-local addresses, in the kernel's order.
mode() { ip -n alpha -d -j link show dev "$1" | jq -r '.[].inet6_addr_gen_mode'; }
link_locals() {
	ip -n alpha -6 -j addr show dev "$1" scope link |
		jq -r '[.[].addr_info[] | select(.local) | "\(.local)/\(.prefixlen)"] | join(" ")'
}
nic_state() { echo "$(mode eth0) $(link_locals eth0)"; }
is_silent() { [ -z "$(link_locals eth0)" ]; }
said() { grep -Eq -- "$1" "$LAB_DIR/alpha.log"; }
expect_said() {
	within "$(seconds 2)" said "$1" || fail "no log line with '$1': $(cat "$LAB_DIR/alpha.log")"
	ok "log line: $(grep -Em 1 -- "$1" "$LAB_DIR/alpha.log")"
}
start() {
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
	expect "${1:-running}: mode and addresses of the NIC" "none " "$(nic_state)"
}

# expect_no_dad WHAT: since lab_watch, the NIC got its address, and none was tentative.
expect_no_dad() {
	within "$(seconds 5)" lab_settled alpha
	lab_watched
	expect "$1: tentative addresses of the NIC" "" \
		"$(lab_tentative eth0)"
	grep -q "eth0 .*inet6 fe80:" "$LAB_DIR/changes" || fail "$1: no link-local address was seen"
}

# before, expect_before WHAT: alpha as it is now, and later is again.
before() {
	lab_snapshot alpha | sed -E 's/_lft [0-9]+sec/_lft Nsec/g' >"$LAB_DIR/before"
	BEFORE=$(nic_state)
}
expect_before() {
	lab_snapshot alpha | sed -E 's/_lft [0-9]+sec/_lft Nsec/g' >"$LAB_DIR/after"
	expect_unchanged "$1" "$LAB_DIR/before" "$LAB_DIR/after"
	expect "$1: mode and addresses of the NIC" "$BEFORE" "$(nic_state)"
	expect "$1: files left" "" "$(find /run/clusterarpd/alpha -type f)"
}
# stop WHAT
stop() {
	lab_watch alpha
	lab_stop alpha
	expect_no_dad "$1"
	expect_before "$1"
}

within "$(seconds 5)" lab_settled alpha
OWN=$(eui64 fe80:: "$(nic_mac alpha)")/64

for adopt in yes no; do
	lab_config adopt=$adopt
	before
	expect "the NIC before" "eui64 $OWN" "$BEFORE"
	start "adopt = $adopt"
	stop "adopt = $adopt"
done

# Several addresses, with flags and lifetimes; every mode.
ip -n alpha addr add fe80::5/64 dev eth0 nodad
ip -n alpha addr add fe80::6/10 dev eth0 noprefixroute
ip -n alpha addr add fe80::7/64 dev eth0 valid_lft 3600 preferred_lft 1800
ip -n alpha addr add fe80::8/64 dev eth0 preferred_lft 0
on alpha sysctl -qw net.ipv6.conf.eth0.stable_secret=2001:db8::1234
for mode in none stable_secret random eui64; do
	ip -n alpha link set eth0 addrgenmode $mode
	before
	start "mode $mode"
	stop "mode $mode"
done

# Crashes: the record of the first run counts.
before
start "before the crash"
cp "$RECORD" "$LAB_DIR/record"
for time in 1 2 3; do
	lab_kill alpha
	start "crash $time"
done
expect "the record after $time crashes" "$(jq -c '[.addr_gen_mode, .link_local[].prefix]' "$LAB_DIR/record")" \
	"$(jq -c '[.addr_gen_mode, .link_local[].prefix]' "$RECORD")"
stop "$time crashes"

# A crash after the record was written, and before anything was changed.
mkdir -p "$(dirname "$RECORD")"
cp "$LAB_DIR/record" "$RECORD"
start "only the record was written"
stop "only the record was written"

# A crash, and the program that manages the NIC has set it up again since.
start
lab_kill alpha
ip -n alpha link set eth0 addrgenmode eui64
ip -n alpha addr add fe80::5/64 dev eth0 nodad
start "set up again by another program"
stop "set up again by another program"

# The daemon does not come back, but one with another interface in its file restores the NIC.
start
lab_kill alpha
ip -n alpha link add eth1 index 3001 type veth peer name eth9
sed -i 's/^interface = .*/interface = eth1/' "$LAB_CONF"
lab_start alpha
expect_said 'eth0: restored to the state before an earlier run'
expect "restored by a daemon with another NIC" "$BEFORE" "$(nic_state)"
lab_stop alpha
ip -n alpha link del eth1
expect_before "restored by a daemon with another NIC"
lab_config

# The record is lost, and the shield that is left tells of a crash (without a service manager only where
# the kernel has no tcx): the kernel's default is assumed.
lab_preload no_tcx
for address in fe80::5/64 fe80::6/10 fe80::7/64 fe80::8/64; do
	ip -n alpha addr del $address dev eth0
done
before
start
lab_kill alpha
rm "$RECORD"
start "the record is lost"
lab_stop alpha
lab_preload
expect_before "the record is lost"

# A record of an earlier version, which knew nothing of IPv6.
before
start
lab_kill alpha
on alpha sysctl -qw net.ipv6.conf.eth0.addr_gen_mode=0 # the kernel makes the address
within "$(seconds 5)" lab_settled alpha
jq 'del(.addr_gen_mode, .link_local)' "$RECORD" >"$RECORD.new"
mv "$RECORD.new" "$RECORD"
start "an old record"
stop "an old record"

# The same from an earlier version; the operator has set the mode to none.
ip -n alpha link set eth0 addrgenmode none
ip -n alpha addr del "$OWN" dev eth0
before
start
lab_kill alpha
jq 'del(.addr_gen_mode, .link_local)' "$RECORD" >"$RECORD.new"
mv "$RECORD.new" "$RECORD"
start "an old record, mode none"
lab_stop alpha
expect_before "an old record, mode none"
ip -n alpha link set eth0 addrgenmode eui64

# The address is still tentative when the daemon starts: it goes through duplicate address detection
# after the stop. A second each, long enough for the daemon's start.
dad_transmits() { on alpha sysctl -qw "net.ipv6.conf.eth0.dad_transmits=$1"; }
dad_transmits $((LAB_PACE + 3))
ip -n alpha addr add "$OWN" dev eth0
start "a tentative address"
expect "the record has it" "$OWN true" "$(jq -r '.link_local[] | "\(.prefix) \(.needs_dad)"' "$RECORD")"
lab_stop alpha
expect "a tentative address, after the stop" 1 "$(ip -n alpha -6 addr show dev eth0 tentative | grep -c fe80)"
dad_transmits 1
within "$(seconds 9)" lab_settled alpha

# A network manager adds one: it is removed, and is there after the stop. Again and again: it stays.
start
ip -n alpha addr add fe80::77/64 dev eth0 nodad
within "$(seconds 2)" is_silent || fail "a new link-local address stays: $(link_locals eth0)"
ok "a new link-local address is removed"
expect "it is in the record" fe80::77/64 "$(jq -r '.link_local[-1].prefix' "$RECORD")"
ip -n alpha link set eth0 addrgenmode eui64
ip -n alpha addr add fe80::78/64 dev eth0 nodad
within "$(seconds 2)" is_silent || fail "a new link-local address stays: $(link_locals eth0)"
expect "a program sets the mode back" "none " "$(nic_state)"
times=0
while [ $times -lt 20 ]; do
	times=$((times + 1))
	ip -n alpha addr replace fe80::78/64 dev eth0 nodad
	sleep 0.1
done
expect "it was added $times times: addresses" fe80::78/64 "$(link_locals eth0)"
expect "it was added $times times: log lines" 1 "$(grep -c 'adds an IPv6 link-local address' "$LAB_DIR/alpha.log")"
lab_stop alpha
expect "after the stop" "$(printf "%s\n" "$OWN" fe80::77/64 fe80::78/64 | sort | xargs)" \
	"$(link_locals eth0 | xargs -n 1 | sort | xargs)"
expect "after the stop: mode" eui64 "$(mode eth0)"
ip -n alpha addr del fe80::77/64 dev eth0
ip -n alpha addr del fe80::78/64 dev eth0

# A NIC that is down has none, and is down again after the stop.
on alpha ip link set eth0 down
before
start "a NIC that was down"
expect_said 'cluster0: carrier|node alpha on eth0'
lab_stop alpha
expect_before "a NIC that was down"

# The same; another program uses it meanwhile, so it stays up: the kernel would have made one.
start
on alpha ip link set eth0 down
on alpha ip link set eth0 up
expect "down and up while the daemon runs" "none " "$(nic_state)"
lab_stop alpha
within "$(seconds 4)" lab_settled alpha
expect "a NIC that was down stays up" "eui64 $OWN" "$(nic_state)"

# The NIC has no carrier at the start.
on sw ip link set p_alpha down
on alpha ip link set eth0 down
on alpha ip link set eth0 up
expect "without carrier" "eui64 " "$(nic_state)"
start "without carrier"
on sw ip link set p_alpha up
sleep 0.5
expect "the carrier comes" "none " "$(nic_state)"
lab_stop alpha
within "$(seconds 4)" lab_settled alpha
expect "the carrier came: after the stop" "eui64 $OWN" "$(nic_state)"

# The NIC is renamed; is gone; comes back as another one.
before
start
if lab_rename alpha eth0 eth5; then
	expect "a new name" "none " "$(mode eth5) $(link_locals eth5)"
	lab_stop alpha
	lab_rename alpha eth5 eth0
	expect_before "a new name"
	start
else
	expect "a new name" "none " "$(mode eth5) $(link_locals eth5)"
	lab_rename alpha eth5 eth0 || true
fi
ip -n alpha link del eth0
expect_said 'eth0 is gone'
within "$(seconds 2)" test ! -e "$RECORD" || fail "the record of a NIC that is gone is left"
lab_veth alpha new0 52:54:00:00:00:77 p_alpha
ip -n alpha link set new0 up
within "$(seconds 5)" lab_settled alpha
ip -n alpha addr add fe80::99/64 dev new0 nodad
own="fe80::99/64 "
lab_rename alpha new0 eth0 || own=
within "$(seconds 3)" is_silent || fail "another NIC: $(link_locals eth0)"
lab_watch alpha
lab_stop alpha
# Without an address of its own at that time, it makes one, with duplicate address detection.
if [ -n "$own" ]; then expect_no_dad "another NIC"; else lab_watched; fi
within "$(seconds 5)" lab_settled alpha
expect "another NIC" "eui64 $own$(eui64 fe80:: 52:54:00:00:00:77)/64" "$(nic_state)"

# A stop while there is no NIC.
start
ip -n alpha link del eth0
expect_said 'eth0 is gone'
lab_stop alpha
expect "a stop without the NIC: files left" "" "$(find /run/clusterarpd/alpha -type f)"

# Without IPv6 on the NIC nothing is done, and nothing said.
lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
on alpha sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
ip -n alpha link set eth0 up
before
: >"$LAB_DIR/alpha.log"
lab_start alpha
lab_stop alpha
expect_before "disable_ipv6"
! said 'IPv6|cannot' || fail "disable_ipv6: $(cat "$LAB_DIR/alpha.log")"
ip -n alpha link set eth0 mtu 1000
before
: >"$LAB_DIR/alpha.log"
lab_start alpha
lab_stop alpha
expect_before "an MTU of 1000"
! said 'IPv6|cannot' || fail "an MTU of 1000: $(cat "$LAB_DIR/alpha.log")"
