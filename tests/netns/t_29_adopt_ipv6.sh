#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# adopt = yes, IPv6: an address moves to the TAP and back without duplicate address detection, with its
# flags, and is announced, so that an outsider's pings hardly stop; also if it is in the file. Where
# the TAP has IPv6 off, one line says so, and it moves when IPv6 is on.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

ADDRESS=2001:db8:1::101
OUTSIDER=2001:db8:1::200

lab_nodes 1
lab_config
ip -n out addr add $OUTSIDER/64 dev eth0 nodad
ip -n alpha addr add $ADDRESS/64 dev eth0
ip -n alpha addr add 2001:db8:2::101/64 dev eth0 preferred_lft 0
ip -n alpha route add default via $OUTSIDER dev eth0
within "$(seconds 5)" lab_settled alpha || fail "addresses remain tentative"
lab_snapshot alpha >"$LAB_DIR/before"

# flags_on DEVICE: the addresses that are not link-local, with their flags.
flags_on() {
	ip -n alpha -6 -o addr show dev "$1" scope global |
		sed -n "s/.*inet6 \(2001:db8:[12]:.*\)\\\\.*/\1/p" | sort | xargs
}
flags_on_tap() { flags_on cluster0 | sed 's/ metric 255//g'; }
FLAGS=$(flags_on eth0)

lab_watch alpha

# pings_during COMMAND…: pings the address every 20 ms for more than two seconds, in which the command runs;
# the longest time without an answer goes to GAP, in ms.
pings_during() {
	local pings
	on out ping -n -D -i 0.02 -c 120 -W "$LAB_REPLY" $ADDRESS >"$LAB_DIR/pings" 2>&1 &
	pings=$!
	sleep 0.5
	"$@"
	wait "$pings" || true
	GAP=$(sed -n 's/^\[\([0-9.]*\)\] 64 bytes.*/\1/p' "$LAB_DIR/pings" |
		awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 } END { printf "%d\n", most * 1000 }')
}

pings_during lab_start alpha
expect_num "start: longest time without an answer, ms" "$GAP" "<" "$(seconds 900)"
expect "the addresses on the TAP" "$FLAGS" "$(flags_on_tap)"
expect "the addresses on the NIC" "" "$(flags_on eth0)"
expect "the outsider's entry" "$LAB_CLUSTER_MAC" "$(table out $ADDRESS eth0)"
on alpha ping -n -c 3 -i 0.1 -W "$LAB_REPLY" $OUTSIDER >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"

pings_during lab_stop alpha
expect_num "stop: longest time without an answer, ms" "$GAP" "<" "$(seconds 900)"
expect "the addresses on the NIC again" "$FLAGS" "$(flags_on eth0)"
expect "the outsider's entry" "$(nic_mac alpha)" "$(table out $ADDRESS eth0)"
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "stop" "$LAB_DIR/before" "$LAB_DIR/after"
lab_watched
expect "tentative addresses" "" "$(lab_tentative "2001:db8:[12]:")"

# --- the address is in the file, too ---

lab_config "alpha.address=12.12.4.101/24, $ADDRESS/64" "address=12.12.4.100/24, 2001:db8:1::100/64"
lab_watch alpha
pings_during lab_start alpha
expect_num "in the file: longest time without an answer, ms" "$GAP" "<" "$(seconds 900)"
pings_during lab_stop alpha
expect_num "in the file, stop: longest time without an answer, ms" "$GAP" "<" "$(seconds 900)"
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "in the file, stop" "$LAB_DIR/before" "$LAB_DIR/after"
lab_watched
expect "in the file: tentative addresses" "" "$(lab_tentative "2001:db8:1::101")"

# --- IPv6 off on the TAP ---

lab_config

on alpha sysctl -qw net.ipv6.conf.default.disable_ipv6=1
: >"$LAB_DIR/alpha.log"
lab_start alpha
expect "lines about IPv6" "clusterarpd: eth0: its 3 IPv6 addresses and routes are not moved to cluster0, and do not work while clusterarpd runs: IPv6 is off there (net.ipv6.conf.cluster0.disable_ipv6 is 1)" \
	"$(grep IPv6 "$LAB_DIR/alpha.log")"
expect "the addresses stay on the NIC" "$FLAGS" "$(flags_on eth0)"
on alpha sysctl -qw net.ipv6.conf.cluster0.disable_ipv6=0
have_moved() { [ "$(flags_on_tap)" = "$FLAGS" ]; }
within "$(seconds 4)" have_moved || fail "IPv6 is on again: $(flags_on_tap)"
ok "IPv6 is on again: the addresses move"
lab_stop alpha
expect "the addresses after the stop" "$FLAGS" "$(flags_on eth0)"
