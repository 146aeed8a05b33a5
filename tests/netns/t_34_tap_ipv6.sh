#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IPv6 on the TAP (SPEC 4 I9, 5, 6): addresses, their order, what is made from which MAC, router
# advertisements, IPv6 that is off, duplicate addresses, the time of READY.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

MADE=bf:cff:fe0c:464 # the interface identifier that the cluster MAC gives
ID=4bf:cff:fe0c:4    # with the last byte: that of a dedicated MAC

tap() { ip -n "${HOST:-alpha}" "$@"; }
# The IPv6 addresses in the kernel's order, each with what is special about it.
inet6() {
	tap -j -6 addr show dev cluster0 scope "${1:-global}" | jq -r '[.[].addr_info[]? | select(.local) | "\(.local)/\(.prefixlen)" +
		(if .preferred_life_time == 0 then " deprecated" else "" end) +
		(if .tentative then " tentative" else "" end) +
		(if .dadfailed then " dadfailed" else "" end) +
		(if .nodad then " nodad" else "" end)] | join(", ")'
}
token() { on "${HOST:-alpha}" ip token get dev cluster0 | awk '{ print $2 }'; }
addrgen() { tap -d -j link show cluster0 | jq -r '.[].inet6_addr_gen_mode'; }
routes() {
	tap -j -6 route show dev cluster0 | jq -r '[.[] | select(.protocol != "ra") |
		"\(.dst) \(.gateway // "-") \(.prefsrc // "-")"] | sort | join(", ")'
}
repaired() { ctl alpha -j counters | jq .counters.tap_repaired; }
# Not of this test: the peers do not run.
problems() { ctl alpha -j status | jq '[.problems[] | select(.id != "peer_silent")] | length'; }
problem() { ctl alpha -j status | jq -r --arg id "$1" '.problems[] | select(.id == $id) | "\(.severity): \(.text)"'; }
has_problem() { problem "$1" | grep -q "$2"; }
has_none() { [ -z "$(problem "$1")" ]; }
are() { [ "$(inet6)" = "$1" ]; }
links_are() { [ "$(inet6 link)" = "$1" ]; }
lines() { grep -c "$1" "$LAB_DIR/alpha.log" || true; }
sysctl6() { on alpha sysctl -qw "net.ipv6.conf.$1"; }
# whole WHAT: addresses, routes, token and address generation are as the file has them.
# How the addresses differ from those at the start: without duplicate address detection.
is_whole() {
	[ "$(token)" = "::${ID}65" ] && [ "$(addrgen)" = none ] && [ "$(routes)" = "$ROUTES" ] &&
		[ "$(inet6 | sed 's/ nodad//g')" = "${ADDRESSES// nodad/}" ] &&
		[ "$(inet6 link | sed 's/ nodad//g')" = "fe80::${ID}65/64" ]
}
whole() {
	within "$(seconds "${2:-2}")" is_whole ||
		fail "$1: $(inet6 link) | $(inet6) | $(routes) | $(token) | $(addrgen)"
	ok "$1: addresses, routes and token are there"
}

lab_nodes 3
GATEWAY=fe80::5054:ff:fe00:c8
lab_config address="12.12.4.100/24, 2001:db8:4::100/64, 2001:db8:9::10/64" gateway=$GATEWAY \
	alpha.address="12.12.4.101/24, 2001:db8:4::101/64, 2001:db8:4::111/64, 2001:db8:5::101/64" \
	beta.address="12.12.4.102/24, 2001:db8:4::102/64" \
	gamma.address="12.12.4.103/24, 2001:db8:4::103/64"

# --- the start ----------------------------------------------------------------
# Duplicate address detection for dedicated addresses, and none for cluster addresses.
lab_watch alpha
lab_start alpha
lab_watched
DEDICATED="2001:db8:4::101/64, 2001:db8:4::111/64, 2001:db8:5::101/64"
CLUSTER="2001:db8:4::100/128 deprecated nodad, 2001:db8:9::10/128 deprecated nodad"
expect "addresses at the start, tentative or no longer" "$DEDICATED, $CLUSTER" "$(inet6 | sed 's/ tentative//g')"
expect "those that were tentative" "$(printf '%s\n' "fe80::${ID}65/64" "$DEDICATED" | sed 's/, /\n/g' | sort | xargs)" \
	"$(lab_tentative "cluster0 *inet6 " | grep -o 'inet6 [^ ]*' | cut -d' ' -f2 | sort -u | xargs)"
ADDRESSES="$DEDICATED, $CLUSTER"
within "$(seconds 4)" are "$ADDRESSES" || fail "still tentative: $(inet6)"
within "$(seconds 4)" links_are "fe80::${ID}65/64" || fail "still tentative: $(inet6 link)"
ROUTES=$(routes)
expect "routes" "$(printf '%s\n' "2001:db8:4::/64 - -" "2001:db8:4::100 - -" "2001:db8:5::/64 - -" \
	"2001:db8:9::/64 - 2001:db8:9::10" "2001:db8:9::10 - -" "default $GATEWAY -" "fe80::/64 - -" | paste -sd, | sed 's/,/, /g')" "$ROUTES"
whole "at the start"
source_of() { on alpha ip -j route get "$1" | jq -r '.[].prefsrc'; }
expect "source towards the network" 2001:db8:4::101 "$(source_of 2001:db8:4::77)"
expect "source towards the rest" 2001:db8:5::101 "$(source_of 2001:db8:5::77)"
expect "corrections at a start" 0 "$(repaired)"
expect "problems" 0 "$(problems)"

# --- down and up --------------------------------------------------------------
tap link set cluster0 down
sleep 0.3
expect "addresses of a TAP that is down" "" "$(inet6)"
tap link set cluster0 up
whole "down and up"
NODAD="2001:db8:4::101/64 nodad, 2001:db8:4::111/64 nodad, 2001:db8:5::101/64 nodad, $CLUSTER"
expect "addresses after down and up, at once" "$NODAD" "$(inet6)"
tap link set cluster0 down && tap link set cluster0 up
whole "down and up at once"
sleep 0.3
expect "corrections, though the kernel removed addresses" 0 "$(repaired)"

# --- IPv6 is off ---------------------------------------------------------------
: >"$LAB_DIR/alpha.log"
sysctl6 cluster0.disable_ipv6=1
within "$(seconds 3)" has_problem ipv6_off "^warning: .*net.ipv6.conf.cluster0.disable_ipv6 is 1" ||
	fail "no problem: $(ctl alpha -j status | jq -c .problems)"
expect "IPv6 addresses" "" "$(inet6)"
sleep 2.2
expect "lines about IPv6 that is off" 1 "$(lines 'IPv6 is off.*cluster0.disable_ipv6 is 1')"
expect_reach alpha out
tap addr del 12.12.4.101/24 dev cluster0
has_ipv4() { tap addr show dev cluster0 | grep -q 12.12.4.101/24; }
within "$(seconds 2)" has_ipv4 || fail "IPv4 is not guarded while IPv6 is off"
expect "other problems" 1 "$(problems)"
before=$(repaired)
sysctl6 cluster0.disable_ipv6=0
whole "IPv6 is switched on again" 3
within "$(seconds 2)" has_none ipv6_off || fail "the problem stays"
within "$(seconds 2)" grep -q 'cluster0 has IPv6 again' "$LAB_DIR/alpha.log" || fail "no line about IPv6 that is back"
expect "corrections for that" "$before" "$(repaired)"

# An MTU below 1280, at the NIC, which the TAP follows.
ip -n alpha link set eth0 mtu 1200
within "$(seconds 3)" has_problem ipv6_off "MTU is 1200" || fail "no problem: $(ctl alpha -j status | jq -c .problems)"
expect_reach alpha out
ip -n alpha link set eth0 mtu 1500
whole "the MTU rises again"
expect "link-local addresses" "fe80::${ID}65/64 nodad" "$(inet6 link)"
within "$(seconds 2)" has_none ipv6_off || fail "the problem stays"
# At the TAP, by another program.
tap link set cluster0 mtu 1000
whole "an MTU of 1000 is put back"
sleep 0.3
before=$(repaired)
sleep 1.5
expect "corrections while nobody changes anything" "$before" "$(repaired)"

# --- router advertisements and the token ----------------------------------------
# An address from the cluster MAC goes at once, whoever makes it; others stay.
tap addr add "fe80::$MADE/64" dev cluster0 nodad
tap addr add fe80::7/64 dev cluster0 nodad
tap addr add "2001:db8:77::$MADE/64" dev cluster0 nodad valid_lft 100 preferred_lft 100
within "$(seconds 1)" links_are "fe80::7/64 nodad, fe80::${ID}65/64 nodad" || fail "link-local addresses: $(inet6 link)"
whole_but_7() { ! inet6 | grep -q :77:; }
within "$(seconds 1)" whole_but_7 || fail "an address from the cluster MAC stays: $(inet6)"
grep -q 'made from the cluster MAC' "$LAB_DIR/alpha.log" || fail "no line about an address made from the cluster MAC"
tap addr del fe80::7/64 dev cluster0
# A token that the kernel does not take now is taken when it is needed.
sysctl6 cluster0.accept_ra=0
on alpha sysctl -qw net.ipv6.conf.cluster0.addr_gen_mode=0
no_mistake() { links_are "fe80::${ID}65/64 nodad"; }
within "$(seconds 2)" no_mistake || fail "after addr_gen_mode 0: $(inet6 link)"
sysctl6 cluster0.accept_ra=1
lab_stop alpha

# Without the sysctl at the start: no token; then it is switched on.
sysctl6 default.accept_ra=0
lab_start alpha
expect "token where no advertisement is accepted" :: "$(token)"
expect "corrections" 0 "$(repaired)"
expect "problems" 0 "$(problems)"
sysctl6 default.accept_ra=1
lab_stop alpha

# IPv6 off from the start, then switched on: with duplicate address detection.
sysctl6 default.disable_ipv6=1
: >"$LAB_DIR/alpha.log"
lab_start alpha
within "$(seconds 2)" has_problem ipv6_off default.disable_ipv6 || fail "no problem: $(ctl alpha -j status | jq -c .problems)"
expect_reach alpha out
sysctl6 cluster0.dad_transmits=3 # time enough to look, also for a busy machine
sysctl6 cluster0.disable_ipv6=0
tentative() { inet6 | grep -q '2001:db8:4::101/64 tentative'; }
within "$(seconds 3)" tentative || fail "no duplicate address detection: $(inet6)"
whole "IPv6 is switched on for the first time" 7
expect "corrections" 0 "$(repaired)"
expect "errors" 0 "$(lines 'cannot')"
sysctl6 default.disable_ipv6=0
lab_stop alpha

# --- a duplicate ------------------------------------------------------------------
ip -n out addr add 2001:db8:4::111/64 dev eth0 nodad
: >"$LAB_DIR/alpha.log"
lab_start alpha
within "$(seconds 5)" has_problem dad_failed "^critical: another host has 2001:db8:4::111," ||
	fail "no problem: $(ctl alpha -j status | jq -c .problems) $(inet6)"
expect "lines about it" 1 "$(lines 'another host has 2001:db8:4::111')"
# What was put back has been moved before it; it was not added again without a check.
tap addr del 2001:db8:4::101/64 dev cluster0
sleep 1.5
inet6 | grep -q '2001:db8:4::111/64 tentative dadfailed' || fail "it is in use: $(inet6)"
inet6 | grep -q '2001:db8:4::101/64 nodad' || fail "the other one is not back: $(inet6)"
before=$(repaired)
sleep 1.5
expect "corrections while it lasts" "$before" "$(repaired)"
ip -n out addr del 2001:db8:4::111/64 dev eth0
tap addr del 2001:db8:4::111/64 dev cluster0
whole "the duplicate is gone"
within "$(seconds 2)" has_none dad_failed || fail "the problem stays"
lab_stop alpha

# The link-local address.
ip -n out addr add "fe80::${ID}65/64" dev eth0 nodad
lab_start alpha
within "$(seconds 5)" has_problem dad_failed "another host has fe80::${ID}65," ||
	fail "no problem: $(ctl alpha -j status | jq -c .problems) $(inet6 link)"
ip -n out addr del "fe80::${ID}65/64" dev eth0
lab_stop alpha

# --- READY --------------------------------------------------------------------------
# ready_after: starts alpha with a service manager that notes when READY arrives, and how many IPv6
# addresses of the file are tentative then; prints both.
cat >"$LAB_DIR/manager.py" <<'END'
import os, socket, subprocess, sys, time
path = "/run/manager.sock"
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
s.settimeout(8)
start = time.monotonic()
daemon = subprocess.Popen(sys.argv[1:], env=dict(os.environ, NOTIFY_SOCKET=path))
try:
    while "READY=1" not in s.recv(4096).decode().split("\n"):
        pass
    took = time.monotonic() - start
    shown = subprocess.run(["ip", "-6", "addr", "show", "dev", "cluster0", "scope", "global", "tentative"],
                           capture_output=True, text=True).stdout
    print(int(took * 1000), shown.count("inet6"))
finally:
    daemon.terminate()
    daemon.wait()
    os.unlink(path)
END
ready_after() {
	on alpha timeout -k 1 "$(seconds 15)" /usr/bin/python3 "$LAB_DIR/manager.py" "$CLUSTERARPD" -c "$LAB_CONF" -n alpha \
		-s "$(socket_of alpha)" 2>>"$LAB_DIR/alpha.log"
}
read -r took left <<<"$(ready_after)"
expect "tentative addresses at READY" 0 "$left"
expect_num "READY after ms" "$took" ">" 300
expect_num "READY after ms" "$took" "<" "$((3500 * $(seconds 1)))"
ip -n sw link set p_alpha down
read -r took left <<<"$(ready_after)"
expect_num "READY without carrier after ms" "$took" "<" "$((700 * $(seconds 1)))"
ip -n sw link set p_alpha up
on alpha sysctl -qw net.ipv6.conf.default.dad_transmits=20
read -r took left <<<"$(ready_after)"
expect_num "READY, though detection takes 20 s, after ms" "$took" "<" "$((3700 * $(seconds 1)))"
expect_num "which is in time, after ms" "$took" ">" 2500
on alpha sysctl -qw net.ipv6.conf.default.dad_transmits=1

# --- no IPv6 address in the file ------------------------------------------------------
# A router gives each node an address of its own, none from the MAC that they share.
lab_config
sysctl6 default.disable_ipv6=1
: >"$LAB_DIR/alpha.log"
lab_start alpha
sleep 1.2
expect "problems without IPv6" 0 "$(problems)"
expect "lines about IPv6" 0 "$(lines IPv6)"
lab_stop alpha
sysctl6 default.disable_ipv6=0

lab_start_all
ip -n out addr add 2001:db8:66::1/64 dev eth0 nodad
on out dnsmasq --keep-in-foreground --port=0 --conf-file=/dev/null --user=root --enable-ra --pid-file= \
	--interface=eth0 --dhcp-range=2001:db8:66::,ra-only,64 --ra-param=eth0,4 --leasefile-ro >"$LAB_DIR/dnsmasq.log" 2>&1 &
DNSMASQ=$!
made() { HOST=$1 inet6 | grep -o '2001:db8:66:[^,]*' || true; }
has_made() { [ -n "$(made "$1")" ] && ! made "$1" | grep -q tentative; }
for node in "${LAB_NODES[@]}"; do
	within "$(seconds 10)" has_made "$node" || fail "$node: no address from the router: $(HOST=$node inet6)"
	expect "$node: address from the router" "2001:db8:66:0:$(printf '%s%x' "$ID" $((0x64 + $(node_index "$node"))))/64" "$(made "$node")"
	expect "$node: link-local address" "fe80::$(printf '%s%x' "$ID" $((0x64 + $(node_index "$node"))))/64" "$(HOST=$node inet6 link)"
done
# The token cannot be set, and is, when the first address comes.
sysctl6 default.accept_ra=0
sysctl6 eth0.accept_ra=0 # it is the NIC's own stack's until the next start
lab_stop alpha
lab_start alpha
sleep 0.5
expect "token" :: "$(token)"
: >"$LAB_DIR/alpha.log"
sysctl6 cluster0.accept_ra=1
is_from_token() { [ "$(made alpha)" = "2001:db8:66:0:${ID}65/64" ]; }
within "$(seconds 12)" is_from_token || fail "accept_ra switched on later: $(inet6)"
grep -q 'another program changed it (token, 1 address made from the cluster MAC)' "$LAB_DIR/alpha.log" ||
	fail "no line: $(cat "$LAB_DIR/alpha.log")"
ok "accept_ra switched on later: an address from the token"
kill "$DNSMASQ"
wait "$DNSMASQ" 2>/dev/null || true
lab_stop_all
