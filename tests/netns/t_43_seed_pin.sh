#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The peers' entries in the neighbour table: repaired when another program sets them to another
# MAC, however often; installed at the start (seed), or permanently (pin) and then removed with the
# daemon.
#
# run: alone
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3 family=46
LIAR=02:99:99:99:99:99
SOON=$([ -n "$LAB_SLOW" ] && echo 400 || echo 100) # ms

neigh() { on alpha ip neigh "$@" dev cluster0; }
# entry ADDRESS: "MAC [FLAGS] STATE" of its entry; empty if there is none.
entry() { ip -n alpha neigh show "$1" dev cluster0 nud all | sed 's/.*lladdr //' | xargs; }
entry_is() { [ "$(entry "$1")" = "$2" ]; }
# entries NODE: the entries of all peers, on one line. wanted NODE MAC-FUNCTION WHAT…: the same line
# if each entry is "MAC WHAT". FAMILIES: those of which each peer has an entry.
FAMILIES=4
entries() {
	ip -n "$1" neigh show dev cluster0 | grep -E '^(12\.12\.4\.10|2001:db8:4::10|fe80::4bf:|fe80::1bf:)' | sort | xargs
}
wanted() {
	local peer LAB_FAMILY
	for LAB_FAMILY in $FAMILIES; do
		for peer in "${LAB_NODES[@]}"; do
			[ "$peer" = "$1" ] || echo "$(addr_of "$peer") lladdr $("$2" "$peer") ${*:3}"
		done
	done | sort | xargs
}
entries_are() { [ "$(entries "$1")" = "$2" ]; }
peers_hold() { entries_are "$1" "$(wanted "$@")"; }
# table_of NODE: without the groups' entries, which the kernel makes.
table_of() { on "$1" ip neigh show dev cluster0 nud all | grep -v '^ff' || true; }
expect_hold() {
	peers_hold "${@:2}" || fail "$1: $2 does not have '${*:4}' for each peer: $(table_of "$2")"
	ok "$1: $2 has '${*:4}' for each peer"
}
# expect_hold_soon WHAT ARGUMENTS OF PEERS_HOLD: within $SOON ms from now. The time of the longest
# check is added to the limit: the machine was busy with something else.
expect_hold_soon() {
	local wanted start ms=0 before=0 look=0
	wanted=$(wanted "${@:2}")
	start=${EPOCHREALTIME/./}
	until entries_are "$2" "$wanted"; do
		[ "$ms" -lt 5000 ] || fail "$1: '${*:4}' is not there again: $(table_of "$2")"
		ms=$(((${EPOCHREALTIME/./} - start) / 1000))
		[ $((ms - before)) -le "$look" ] || look=$((ms - before))
		before=$ms
	done
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	[ $((ms - before)) -le "$look" ] || look=$((ms - before))
	expect_num "$1: ms until '${*:4}' is there for each peer, with checks of $look ms" "$ms" "<=" $((SOON + look))
}
states() { ctl alpha -j peers | jq -r '.peers | map(.state) | join(" ")'; }
repaired() { ctl alpha -j peers | jq '.peers | map(.counters.repaired) | add'; }
said() { grep -cF -- "$1" "$LAB_DIR/alpha.log" || true; }
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / hz) }' "/proc/${LAB_PID[alpha]}/stat"; }

# expect_repair WHAT HOW…: beta's entry is set to another MAC, and is repaired soon.
expect_repair() {
	local what=$1 before start ms beta
	beta=$(addr_of beta)
	shift
	before=$(repaired)
	sleep 0.1 # the daemon has not just written it
	neigh replace "$beta" lladdr "$LIAR" "$@"
	start=${EPOCHREALTIME/./}
	until [[ $(ip -n alpha neigh show "$beta" dev cluster0) == *" $(dedicated_mac beta) "* ]]; do
		ms=$(((${EPOCHREALTIME/./} - start) / 1000))
		[ "$ms" -lt 5000 ] || fail "$what: beta's entry remains wrong: $(entry "$beta")"
	done
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	expect_num "$what: ms until beta's entry is repaired" "$ms" "<=" "$SOON"
	expect "$what: repairs" $((before + 1)) "$(repaired)"
}

# --- learn: repairs ---

lab_config liveness=0
lab_start_all
began=$(now_ms)
expect "learn, before any traffic" "" "$(table_of alpha)"
expect_repair "no entry"
expect "the entry" "$(dedicated_mac beta) STALE" "$(entry 12.12.4.102)"
line="the neighbour entry of node beta (12.12.4.102) was changed to $LIAR: corrected"
expect "log lines about it" 1 "$(said "$line")"
reach alpha beta || fail "alpha does not reach beta"
expect_repair "reachable"
expect_repair "set to be permanent" nud permanent
expect_repair "set to be NOARP" nud noarp
expect_repair "set to be stale" nud stale
expect_repair "learnt elsewhere" nud reachable extern_learn
expect "log lines about it" 1 "$(said "$line")"
reach alpha beta || fail "alpha does not reach beta"

for LAB_FAMILY in 6 ll; do
	expect_repair "IPv$LAB_FAMILY, no entry"
	reach alpha beta || fail "alpha does not reach beta over IPv$LAB_FAMILY"
	expect_repair "IPv$LAB_FAMILY, permanent" nud permanent
done
LAB_FAMILY=46
on alpha ip -6 neigh flush dev cluster0 nud all

# Entries that the daemon must leave alone.
before=$(repaired)
neigh replace 12.12.4.200 lladdr "$LIAR" nud permanent
neigh replace 12.12.4.103 lladdr "$(dedicated_mac gamma)" nud permanent
neigh replace 12.12.4.250 lladdr "$(dedicated_mac gamma)"
sleep 0.4
expect "an outsider's entry" "$LIAR PERMANENT" "$(entry 12.12.4.200)"
expect "an outsider's entry with a peer's MAC" "$(dedicated_mac gamma) PERMANENT" "$(entry 12.12.4.250)"
expect "a peer's correct entry" "$(dedicated_mac gamma) PERMANENT" "$(entry 12.12.4.103)"
expect "repairs of those" "$before" "$(repaired)"
on alpha ip neigh flush dev cluster0 nud all

# The peer's daemon is not running.
lab_kill beta
expect_repair "beta is away, no entry"
expect_repair "beta is away"
expect_repair "beta is away, permanent" nud permanent
neigh replace 12.12.4.102 nud failed
expect_repair "beta is away, failed"
lab_start beta
expect_reach alpha beta

# Another program that keeps changing the entry.
# expect_bounded CHANGES COMMAND…: the number of repairs and their CPU time are bounded, and the
# entry is correct in the end.
expect_bounded() {
	local changes=$1 what="$1 changes" start repairs cpu ms
	shift
	sleep 0.1
	repairs=$(repaired) cpu=$(cpu_ms) start=${EPOCHREALTIME/./}
	"$@"
	expect_hold_soon "$what" alpha dedicated_mac STALE
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	repairs=$(($(repaired) - repairs))
	expect_num "$what: repairs" "$repairs" ">=" 1
	expect_num "$what: repairs in $ms ms" "$repairs" "<=" $((ms * 60 / 1000 + 1))
	expect_num "$what: ms of CPU" $(($(cpu_ms) - cpu)) "<=" "$(seconds $((100 + changes / 50)))"
}
one_by_one() {
	# shellcheck disable=SC2016
	on alpha bash -c 'for i in {1..500}; do
		ip neigh replace 12.12.4.102 lladdr '"$LIAR"' dev cluster0
	done'
}
neigh replace 12.12.4.103 lladdr "$(dedicated_mac gamma)" nud stale
expect_bounded 500 one_by_one
for i in {1..500}; do
	echo "neigh replace 12.12.4.102 lladdr 02:99:99:99:99:$(printf %02x $((i % 256))) dev cluster0"
done >"$LAB_DIR/batch"
for _ in {1..200}; do cat "$LAB_DIR/batch"; done >"$LAB_DIR/batches"
expect_bounded 500 on alpha ip -batch "$LAB_DIR/batch"
expect_bounded 100000 on alpha ip -batch "$LAB_DIR/batches"
expect_num "log lines in all" "$(wc -l <"$LAB_DIR/alpha.log")" "<=" $((20 + ($(now_ms) - began) / 100))
reach alpha beta || fail "alpha does not reach beta"
lab_stop_all

# --- seed ---

# start SETTINGS…
start() {
	lab_config liveness=0 "$@"
	: >"$LAB_DIR/alpha.log"
	lab_start_all
}
# set_down_and_up: returns before the daemon has reacted.
set_down_and_up() {
	on alpha ip link set cluster0 down
	on alpha ip link set cluster0 up
}
# The same while the daemon is stopped: when it continues, the TAP is up again.
set_down_and_up_unseen() {
	kill -STOP "${LAB_PID[alpha]}"
	set_down_and_up
	kill -CONT "${LAB_PID[alpha]}"
}
watch() {
	capture sw p_alpha "$LAB_DIR/alpha.pcap" -Q in arp or icmp or icmp6
	capture sw p_beta "$LAB_DIR/beta.pcap" -Q in arp or icmp or icmp6
}
# requests FILE FROM FOR: the number of such ARP requests in a capture.
requests() { frames pcap2rows "$LAB_DIR/$1.pcap" | awk -v a="$2" -v b="$3" '$3 == "request" && $4 == a && $6 == b' | wc -l; }
# The first frame from alpha for beta, ARP or IP: "source destination".
first_frame() {
	tcpdump -n -e -r "$LAB_DIR/alpha.pcap" "src host 12.12.4.101 and dst host 12.12.4.102" 2>/dev/null |
		awk 'NR == 1 { sub(",", "", $4); print $2, $4 }'
}
tap_is_there() { ip -n alpha link show cluster0 >/dev/null 2>&1; }
tap_is_without_carrier() { ip -n alpha link show cluster0 | grep -q 'NO-CARRIER'; }
expect_seeded() {
	within "$(seconds 2)" peers_hold alpha dedicated_mac extern_learn STALE ||
		fail "$1: $(table_of alpha)"
	ok "$1: the entries are there again"
}

FAMILIES="4 6 ll"
lab_snapshot alpha >"$LAB_DIR/before"
start neigh=seed
for node in "${LAB_NODES[@]}"; do
	expect_hold "seed, before any traffic" "$node" dedicated_mac extern_learn STALE
done
expect "the peers' states" "stale stale" "$(states)"
watch
on alpha ping -n -c 1 -W "$LAB_REPLY" 12.12.4.102 >"$LAB_DIR/output" || fail "alpha does not reach beta: $(cat "$LAB_DIR/output")"
LAB_FAMILY=6 reach alpha beta || fail "alpha does not reach beta over IPv6"
capture_stop
expect "the first frame from alpha for beta" "$(dedicated_mac alpha) $(dedicated_mac beta)" "$(first_frame)"
expect "the first packet from alpha" \
	"$(dedicated_mac alpha) $(dedicated_mac beta) 12.12.4.101 12.12.4.102 1 8" \
	"$(frames pcap2ip "$LAB_DIR/alpha.pcap" | sed -n 1p)"
expect "multicast solicitations of alpha for beta, and of beta for alpha" 0 \
	"$({ frames pcap2rows6 "$LAB_DIR/alpha.pcap"; frames pcap2rows6 "$LAB_DIR/beta.pcap"; } |
		grep -c '^[^ ]* 33:33:[^ ]* ns 2001:' || true)"
expect "ARP requests of alpha for beta, and of beta for alpha" "0 0" \
	"$(requests alpha 12.12.4.101 12.12.4.102) $(requests beta 12.12.4.102 12.12.4.101)"
ping_all_pairs
LAB_FAMILY=6 ping_all_pairs
LAB_FAMILY=6 expect_repair "seed over IPv6"
expect_repair "seed"
expect "the entry" "$(dedicated_mac beta) extern_learn STALE" "$(entry 12.12.4.102)"

sleep 0.1
set_down_and_up
expect_seeded "the TAP was down and up"
ip -n sw link set p_alpha down
within "$(seconds 3)" tap_is_without_carrier || fail "the NIC has no carrier, but the TAP has"
sleep 0.5
ip -n sw link set p_alpha up
expect_seeded "the NIC was without carrier"
sleep 0.1
ip -n alpha link del cluster0
within "$(seconds 5)" tap_is_there || fail "the removed TAP is not made again"
expect_seeded "the TAP was removed"
expect_reach alpha gamma
set_down_and_up_unseen
expect_seeded "the TAP was down for a moment"

# An entry that was just written must not be written again at once, but a little later.
for _ in {1..3}; do
	expect_repair "seed, and then the TAP is set down and up at once"
	set_down_and_up
	expect_seeded "a repair, and the TAP set down and up at once"
done

neigh flush
neigh flush nud all || true
sleep 0.3
expect "after a flush" "" "$(table_of alpha)"
watch
expect_reach alpha beta
capture_stop
expect_num "ARP requests of alpha for beta after a flush" "$(requests alpha 12.12.4.101 12.12.4.102)" ">=" 1
expect "the entry" "$(dedicated_mac beta) REACHABLE" "$(entry 12.12.4.102)"
ping_all_pairs
lab_stop_all
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "seed, stopped" "$LAB_DIR/before" "$LAB_DIR/after"

# --- pin ---

# The peers' link-local entries, which a file without IPv6 addresses has, too.
links_pinned() {
	[ "$(entry "$(link_local_of beta)") $(entry "$(link_local_of gamma)")" = "$("$1" beta) PERMANENT $("$1" gamma) PERMANENT" ]
}
links_gone() { [ -z "$(ip -n alpha -6 neigh show dev cluster0 nud permanent)" ]; }

# expect_pinned_ipv6 WHAT MAC-FUNCTION: IPv6 entries come back with IPv6.
expect_pinned_ipv6() {
	within "$(seconds 2)" links_pinned "$2" || fail "$1, link-local: $(table_of alpha)"
	on alpha sysctl -qw net.ipv6.conf.cluster0.disable_ipv6=1
	within "$(seconds 2)" links_gone || fail "$1, IPv6 is off: $(table_of alpha)"
	sleep 0.2 # the daemon has seen it
	on alpha sysctl -qw net.ipv6.conf.cluster0.disable_ipv6=0
	within "$(seconds 3)" links_pinned "$2" || fail "$1, IPv6 was off: $(table_of alpha)"
	ok "$1, IPv6 was off: the link-local entries are there again"
}

# expect_pinned WHAT MAC-FUNCTION: the entries come back, whatever is done to them.
expect_pinned() {
	neigh flush
	expect_hold "$1, flush" alpha "$2" PERMANENT
	neigh flush nud all || true # ip gives up, because the entries come back
	expect_hold_soon "$1, flush of all" alpha "$2" PERMANENT
	sleep 0.1
	for LAB_FAMILY in 4 6 ll; do neigh del "$(addr_of beta)"; done
	LAB_FAMILY=46
	expect_hold_soon "$1, removed" alpha "$2" PERMANENT
	sleep 0.1
	neigh replace 12.12.4.103 lladdr "$("$2" gamma)" nud reachable
	expect_hold_soon "$1, reachable" alpha "$2" PERMANENT
	sleep 0.1
	neigh replace 12.12.4.103 lladdr "$LIAR" nud permanent
	neigh replace "$(addr6_of gamma)" lladdr "$LIAR" nud permanent
	expect_hold_soon "$1, set to another MAC" alpha "$2" PERMANENT
	set_down_and_up
	within "$(seconds 2)" peers_hold alpha "$2" PERMANENT || fail "$1, the TAP was down: $(table_of alpha)"
	ok "$1, the TAP was down and up: the entries are there again"
	set_down_and_up_unseen
	within "$(seconds 2)" peers_hold alpha "$2" PERMANENT ||
		fail "$1, the TAP was down for a moment: $(table_of alpha)"
	ok "$1, the TAP was down for a moment: the entries are there again"
	expect_pinned_ipv6 "$1" "$2"
	ip -n alpha link del cluster0
	within "$(seconds 5)" peers_hold alpha "$2" PERMANENT 2>/dev/null ||
		fail "$1, the TAP was removed: $(table_of alpha)"
	ok "$1, the TAP was removed: the entries are there again"
	for LAB_FAMILY in 4 6 ll; do
		expect_reach alpha beta
		expect_reach out alpha
	done
	LAB_FAMILY=46
	expect "$1: the peers' states" "resolved resolved" "$(states)"
	expect "$1: log lines about nodes that do not answer" 0 "$(said 'does not answer')"
}
# try_pin MAC-FUNCTION SETTINGS…
try_pin() {
	local node what="pin${2:+ ${*:2}}"
	start neigh=pin "${@:2}"
	for node in "${LAB_NODES[@]}"; do
		expect_hold "$what" "$node" "$1" PERMANENT
	done
	expect "$what: the peers' states" "resolved resolved" "$(states)"
	ping_all_pairs
	expect_pinned "$what" "$1"
	lab_stop_all
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "$what, stopped" "$LAB_DIR/before" "$LAB_DIR/after"
}
try_pin dedicated_mac
try_pin group_mac dedicated_mac=multicast
try_pin dedicated_mac source_mac=masked
try_pin dedicated_mac arp=directed advertise=all

# Each address of a peer is pinned, also after a crash.
start neigh=pin beta.address="12.12.4.102/24, 192.0.2.102/24"
all="$(dedicated_mac beta) PERMANENT"
expect "the entry of beta's second address" "$all" "$(entry 192.0.2.102)"
neigh del 192.0.2.102
within "$(seconds 1)" entry_is 192.0.2.102 "$all" || fail "removed: $(table_of alpha)"
ok "the removed entry is there again"
lab_kill alpha
lab_start alpha
expect "after a crash" "$all/$all" "$(entry 12.12.4.102)/$(entry 192.0.2.102)"
expect_reach alpha beta
lab_stop_all
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "pin, crashed and stopped" "$LAB_DIR/before" "$LAB_DIR/after"

# An MTU below 1280 at the NIC, which takes IPv6 from NIC and TAP.
start neigh=pin
within "$(seconds 2)" links_pinned dedicated_mac || fail "link-local: $(table_of alpha)"
ip -n alpha link set eth0 mtu 1200
within "$(seconds 2)" links_gone || fail "an MTU of 1200: $(table_of alpha)"
sleep 0.2
ip -n alpha link set eth0 mtu 1500
within "$(seconds 3)" links_pinned dedicated_mac || fail "the MTU was 1200: $(table_of alpha)"
ok "the MTU was 1200: the link-local entries are there again"
lab_stop_all

# A kernel without IPv6 takes no IPv6 entries, which is no error.
lab_preload no_ipv6_neigh
for policy in pin seed; do
	lab_config liveness=0 neigh=$policy
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
	sleep 1.5
	expect "$policy, a kernel without IPv6: lines about entries" 0 "$(grep -c 'cannot write' "$LAB_DIR/alpha.log" || true)"
	expect "$policy, a kernel without IPv6: IPv4 entries" 2 "$(ip -n alpha -4 neigh show dev cluster0 nud all | grep -c lladdr)"
	lab_stop alpha
done
