#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon reports the TAP's neighbour table as the kernel has it, however the table changes: by
# hand, by ARP, at random, faster than the daemon receives the events, and with 60,000 entries
# while frames are still forwarded.
#
# run: alone
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2 family=46
lab_config liveness=0
lab_start_all
OUT=$(nic_mac out)
# The states that the test looks at last long enough for it, also on a slow machine.
for family in ipv4 ipv6; do
	on alpha sysctl -qw "net.$family.neigh.cluster0.base_reachable_time_ms=$((120000 * LAB_PACE))" \
		"net.$family.neigh.cluster0.delay_first_probe_time=$((5 * LAB_PACE))"
done
on alpha sysctl -qw "net.ipv4.neigh.cluster0.retrans_time_ms=$((1000 * LAB_PACE))"

# --- the two tables ---

AS_LINES='.[] | "\(.dst) \(.lladdr // "-") \(.state // [] | join(","))"'
kernel() { on alpha ip -j neigh show dev cluster0 | jq -r "$AS_LINES" | sort; }
mirror() { ctl alpha -j neigh | jq -r ".neighbours | $AS_LINES" | sort; }

# expect_same WHAT [LINE…]: the tables are equal, and these lines are among them. Entries also
# change by themselves, so the tables are compared when the kernel's did not change in between.
expect_same() {
	local tries=20 line
	kernel >"$LAB_DIR/kernel"
	while :; do
		mirror >"$LAB_DIR/mirror"
		kernel >"$LAB_DIR/kernel.after"
		! cmp -s "$LAB_DIR/kernel" "$LAB_DIR/kernel.after" || break
		mv "$LAB_DIR/kernel.after" "$LAB_DIR/kernel"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "$1: the kernel's table keeps changing"
	done
	diff "$LAB_DIR/kernel" "$LAB_DIR/mirror" >"$LAB_DIR/diff" ||
		fail "$1: the kernel's table and the mirror: $(head -n 20 "$LAB_DIR/diff")"
	for line in "${@:2}"; do
		grep -qxF -- "$line" "$LAB_DIR/kernel" ||
			fail "$1: no line '$line': $(head -n 20 "$LAB_DIR/kernel")"
	done
	ok "$1: equal, $(wc -l <"$LAB_DIR/mirror") entries${2:+, among them $2}"
}
neigh() { on alpha ip neigh "$@" dev cluster0; }
holds() { kernel | grep -qxF -- "$1"; }
resyncs() { counter alpha .neigh_resyncs; }
pid_of_alpha() { echo "${LAB_PID[alpha]}"; }
fds() { find "/proc/$(pid_of_alpha)/fd" -mindepth 1 | wc -l; }
rss() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$(pid_of_alpha)/status"; }

# expect_few_resyncs WHAT BEFORE SINCE: at most one, plus one for each second since SINCE (in ms).
expect_few_resyncs() {
	local elapsed=$(($(now_ms) - $3))
	expect_num "$1: resyncs in $elapsed ms" $(($(resyncs) - $2)) "<=" $(((elapsed + 999) / 1000 + 1))
}

# --- by hand and by ARP ---

expect_same "at the start"
reach alpha beta || fail "alpha does not reach beta"
reach alpha out || fail "alpha does not reach out"
expect_same "learnt" "12.12.4.102 $(dedicated_mac beta) REACHABLE" "12.12.4.200 $OUT REACHABLE"
expect "the peer's name in its entry, and in the outsider's" "beta null" \
	"$(ctl alpha -j neigh | jq -r '.neighbours | sort_by(.dst) | map("\(.peer)") | join(" ")')"
expect "the entry in plain text" \
	"12.12.4.102 dev cluster0 lladdr $(dedicated_mac beta) REACHABLE peer beta" \
	"$(ctl alpha neigh | grep -F "12.12.4.102 ")"

neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 nud permanent
neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud stale
neigh add 10.0.0.3 lladdr 02:00:00:00:00:03 nud reachable
expect_same "added" "10.0.0.1 02:00:00:00:00:01 PERMANENT" "10.0.0.2 02:00:00:00:00:02 STALE" \
	"10.0.0.3 02:00:00:00:00:03 REACHABLE"
neigh replace 10.0.0.1 lladdr 02:00:00:00:01:01 nud reachable
neigh change 10.0.0.2 lladdr 02:00:00:00:01:02 nud permanent
neigh del 10.0.0.3
expect_same "replaced, changed, removed" "10.0.0.1 02:00:00:00:01:01 REACHABLE" \
	"10.0.0.2 02:00:00:00:01:02 PERMANENT"
! holds "10.0.0.3 02:00:00:00:00:03 REACHABLE" || fail "10.0.0.3 is still there"
neigh replace 12.12.4.200 lladdr "$OUT" nud stale
expect_same "the outsider is stale" "12.12.4.200 $OUT STALE"
reach alpha out || fail "alpha does not reach out"
expect_same "traffic over a stale entry" "12.12.4.200 $OUT DELAY"

neigh add 10.0.0.4 lladdr 02:00:00:00:00:04 nud noarp
expect_same "a NOARP entry, which ip-neighbour(8) hides"
expect "the hidden entry" "10.0.0.4 lladdr 02:00:00:00:00:04 NOARP" \
	"$(on alpha ip neigh show 10.0.0.4 dev cluster0 nud noarp | xargs)"
neigh add 10.0.0.5 lladdr 02:00:00:00:00:05 nud noarp extern_learn
neigh add 10.0.0.6 nud none extern_learn
neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 nud stale extern_learn
neigh add 10.0.0.8 nud failed
neigh add proxy 10.0.0.9
expect_same "entries of all kinds" "10.0.0.5 02:00:00:00:00:05 NOARP" "10.0.0.6 - " \
	"10.0.0.7 02:00:00:00:00:07 STALE" "10.0.0.8 - FAILED"
neigh del proxy 10.0.0.9

neigh add fe80::1 lladdr 02:00:00:00:06:01 nud permanent
neigh add 2001:db8::1 lladdr 02:00:00:00:06:02 nud stale
neigh add fe80::2 lladdr 02:00:00:00:06:03 nud noarp
expect_same "IPv6" "fe80::1 02:00:00:00:06:01 PERMANENT" "2001:db8::1 02:00:00:00:06:02 STALE"
neigh del fe80::1
expect_same "IPv6, one removed" "2001:db8::1 02:00:00:00:06:02 STALE"
on alpha sysctl -qw net.ipv6.conf.cluster0.disable_ipv6=1
expect_same "IPv6 switched off"
on alpha sysctl -qw net.ipv6.conf.cluster0.disable_ipv6=0

# Absent hosts: 90 entries wait for an answer, and fail after three seconds.
# shellcheck disable=SC2016
on alpha bash -c 'for i in {2..91}; do echo >"/dev/udp/12.12.4.$i/9"; done'
expect_same "absent hosts" "12.12.4.2 - INCOMPLETE" "12.12.4.91 - INCOMPLETE"
within "$(seconds 6)" holds "12.12.4.91 - FAILED" || fail "an absent host does not fail: $(kernel)"
expect_same "absent hosts have failed" "12.12.4.2 - FAILED" "12.12.4.91 - FAILED"

on alpha ip neigh flush dev cluster0
expect_same "flush" "10.0.0.2 02:00:00:00:01:02 PERMANENT"
on alpha ip neigh flush dev cluster0 nud all
expect_same "flush of all"

reach alpha beta || fail "alpha does not reach beta"
neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 nud permanent
neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud stale
on alpha ip link set cluster0 down
expect_same "the TAP is down"
neigh add 10.0.0.3 lladdr 02:00:00:00:00:03 nud permanent
expect_same "an entry for a TAP that is down" "10.0.0.3 02:00:00:00:00:03 PERMANENT"
on alpha ip link set cluster0 up
expect_same "the TAP is up" "10.0.0.3 02:00:00:00:00:03 PERMANENT"
expect_reach alpha beta
# If beta asked first, the entry is REACHABLE only after DELAY and a probe.
within "$(seconds 8)" holds "12.12.4.102 $(dedicated_mac beta) REACHABLE" || fail "the TAP is up, and beta was reached: $(kernel)"
expect_same "and beta was reached" "12.12.4.102 $(dedicated_mac beta) REACHABLE"

# The peer's and the outsider's IPv6 addresses.
LAB_FAMILY=6 reach alpha out || fail "alpha does not reach out over IPv6"
LAB_FAMILY=6 reach alpha beta || fail "alpha does not reach beta over IPv6"
LAB_FAMILY=ll reach alpha beta || fail "alpha does not reach beta's link-local address"
expect_same "learnt by Neighbour Discovery" "$(addr6_of out) $OUT REACHABLE" \
	"$(addr6_of beta) $(dedicated_mac beta) REACHABLE" "$(link_local_of beta) $(dedicated_mac beta) REACHABLE"
expect "the peer's name in its IPv6 entries" "beta beta" \
	"$(ctl alpha -j neigh | jq -r --arg a "$(addr6_of beta)" --arg l "$(link_local_of beta)" \
		'.neighbours | map(select(.dst == $a or .dst == $l) | .peer) | join(" ")')"

# --- at random ---

RANDOM=4711
VERBS=(replace replace change del)
STATES=(permanent permanent reachable stale noarp delay probe failed incomplete
	"permanent extern_learn" "stale extern_learn" "noarp extern_learn")
declare -A THERE=() # the addresses that have an entry after the commands
# random_commands N: prints N commands for `ip -batch`, each of which can succeed. (The kernel may remove a failed or
# a stale entry, if the host has many in all its namespaces: hence -force.)
random_commands() {
	local i address verb how
	for ((i = 0; i < $1; i++)); do
		case $((RANDOM % 4)) in
		0) address=$([ $((RANDOM % 2)) = 0 ] && echo fe80 || echo 2001:db8:4)::$((RANDOM % 8)) ;;
		1) address=12.12.4.$((10 + RANDOM % 8)) ;;
		*) address=10.1.0.$((RANDOM % 16)) ;;
		esac
		verb=${VERBS[RANDOM % ${#VERBS[@]}]}
		how="lladdr 02:00:00:00:00:$(printf %02x $((RANDOM % 256))) nud ${STATES[RANDOM % ${#STATES[@]}]}"
		[ -n "${THERE[$address]-}" ] || verb=add
		THERE[$address]=yes
		[ "$verb" != del ] || unset "THERE[$address]" how
		echo "neigh $verb $address ${how-} dev cluster0"
	done
}
for round in {1..12}; do
	random_commands 40 >"$LAB_DIR/batch"
	on alpha ip -force -batch "$LAB_DIR/batch" || true
	expect_same "round $round of 40 random changes"
done

# An answer is consistent also while the table changes: it has no address twice.
THERE=()
random_commands 2000 | sed 's/ add / replace /' >"$LAB_DIR/batch"
for _ in {1..100}; do cat "$LAB_DIR/batch"; done >"$LAB_DIR/batches"
before=$(resyncs) start=$(now_ms) answers=0
on alpha ip -force -batch "$LAB_DIR/batches" &
changing=$!
while kill -0 "$changing" 2>/dev/null; do
	ctl alpha -j neigh >"$LAB_DIR/answer" || fail "no answer while the table changes"
	jq -e '.neighbours | length == (map(.dst) | unique | length)' "$LAB_DIR/answer" >/dev/null ||
		fail "duplicates: $(jq -c '.neighbours | group_by(.dst)[] | select(length > 1)' "$LAB_DIR/answer")"
	answers=$((answers + 1))
done
wait "$changing" || true
expect_num "answers while the table changes" "$answers" ">=" 3
expect_same "200000 random changes"
expect_few_resyncs "200000 random changes and $answers answers" "$before" "$start"
on alpha ip neigh flush dev cluster0 nud all

# --- faster than the daemon receives the events ---

# entries FIRST COUNT VERB MAC: 10.x.y.z, permanent.
entries() {
	awk -v first="$1" -v count="$2" -v verb="$3" -v mac="$4" 'BEGIN {
		for (i = first; i < first + count; i++) {
			host = int(i / 65536) "." int(i / 256) % 256 "." i % 256
			tail = sprintf("%02x:%02x:%02x", i / 65536, i / 256 % 256, i % 256)
			if (verb == "del")
				print "neigh del 10." host " dev cluster0"
			else
				print "neigh " verb " 10." host " lladdr " mac ":" tail " nud permanent dev cluster0"
		}
	}'
}

# While the daemon is stopped (SIGSTOP), entries are added, changed, removed and added again, and
# the outsider's stale entry is used. The daemon receives the events after the request, and none
# for the last change. Its answer must be the final table, not an intermediate one.
{
	entries 0 50 add 02:00:00
	entries 0 50 replace 02:00:01
	entries 0 50 del -
	entries 0 20 add 02:00:02
	echo "neigh replace 12.12.4.200 lladdr $OUT nud stale dev cluster0"
} >"$LAB_DIR/batch"
kill -STOP "$(pid_of_alpha)"
on alpha ip -batch "$LAB_DIR/batch"
on alpha bash -c 'echo >/dev/udp/12.12.4.200/9'
holds "12.12.4.200 $OUT DELAY" || fail "no DELAY: $(kernel)"
ctl alpha -j neigh >"$LAB_DIR/answer" &
asking=$!
sleep 0.3
kill -CONT "$(pid_of_alpha)"
wait "$asking"
# Those of the peers' link-local addresses change by themselves, between the answer and the look at the kernel.
jq -r ".neighbours | $AS_LINES" "$LAB_DIR/answer" | sort | grep -v '^fe80:' >"$LAB_DIR/mirror"
kernel | grep -v '^fe80:' >"$LAB_DIR/kernel"
expect_unchanged "an answer with 171 events pending" "$LAB_DIR/kernel" "$LAB_DIR/mirror"
expect_same "171 changes at once"
on alpha ip neigh flush dev cluster0 nud permanent

# The receive buffer overflows, and the lost event is one that matters: the daemon finds the change
# by one dump, without any request.
reach alpha beta || fail "alpha does not reach beta"
entries 0 3000 add 02:00:00 >"$LAB_DIR/batch"
before=$(resyncs) start=$(now_ms)
kill -STOP "$(pid_of_alpha)"
on alpha ip -batch "$LAB_DIR/batch"
neigh replace 12.12.4.102 lladdr 02:99:99:99:99:99
kill -CONT "$(pid_of_alpha)"
holds_beta() { [ "$(table alpha 12.12.4.102)" = "$(dedicated_mac beta)" ]; }
within "$(seconds 2)" holds_beta || fail "beta's entry, whose change was lost, remains wrong"
ok "beta's entry, whose change was lost, is repaired after $(($(now_ms) - start)) ms"
expect_num "resyncs after a loss" $(($(resyncs) - before)) ">=" 1
expect_few_resyncs "a loss" "$before" "$start"
expect "repairs after a loss" 1 "$(peer alpha beta .counters.repaired)"
expect_same "3000 changes at once"
on alpha ip neigh flush dev cluster0 nud permanent
expect_same "and a flush"

# The daemon does not receive changes of another link at all.
ip -n alpha link add eth1 type veth peer name peer1
ip -n alpha link set eth1 up
before=$(resyncs)
kill -STOP "$(pid_of_alpha)"
sed 's/cluster0/eth1/' "$LAB_DIR/batch" | on alpha ip -batch -
kill -CONT "$(pid_of_alpha)"
expect_same "3000 changes of another link at once"
ip -n alpha link del eth1
expect "resyncs for another link" "$before" "$(resyncs)"

# --- 60,000 entries ---

COUNT=60000
kernel_count() { on alpha ip neigh show dev cluster0 | wc -l; }
mirror_count() { ctl alpha -j neigh | grep -o '"dst"' | wc -l; }
same_count() { [ "$(mirror_count)" -eq "$(kernel_count)" ]; }
# expect_soon WHAT: the number of entries is right within two seconds; then the tables are equal.
expect_soon() {
	local start
	start=$(now_ms)
	within "$(seconds 2)" same_count ||
		fail "$1: the kernel has $(kernel_count) entries, the mirror $(mirror_count)"
	expect_num "$1: ms until the count is right" $(($(now_ms) - start)) "<=" "$(seconds 2)000"
	expect_same "$1"
}

# clients: four clients ask. One leaves after the first bytes, one never reads, two read all. Prints
# the number of entries that each of the two got, and what becomes of the one that never reads.
clients() {
	timeout -k 1 "$(seconds 20)" /usr/bin/python3 - "$(socket_of alpha)" "$(seconds 8000)" <<'PYTHON'
import json
import select
import socket
import sys


def ask():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(b'{"command": "neigh"}\n')
    return s


def answer(s):
    data = b""
    while chunk := s.recv(65536):
        data += chunk
    return data


leaver, idler, *readers = [ask() for _ in range(4)]
leaver.recv(1000)
leaver.close()
print(*(len(json.loads(answer(s))["neighbours"]) for s in readers), end=" ")
closed = select.poll()
closed.register(idler, 0)
print("cut off" if closed.poll(int(sys.argv[2])) else "suffered")
PYTHON
}

on alpha ip neigh flush dev cluster0
reach alpha beta || fail "alpha does not reach beta"
entries 0 $COUNT add 02:00:00 >"$LAB_DIR/batch"
level=$(fds)
say "RSS before: $(rss) kB"
pings_begin alpha 12.12.4.102
sleep 1.1 # the next resync need not wait for the limit of one a second
before=$(resyncs) start=$(now_ms)
on alpha ip -batch "$LAB_DIR/batch"
say "$COUNT entries made in $(($(now_ms) - start)) ms, resyncs by then: $(($(resyncs) - before))"
expect_soon "$COUNT entries"
expect_few_resyncs "$COUNT entries" "$before" "$start"
expect "number of entries" "$COUNT" "$(grep -c '^10\..* PERMANENT$' "$LAB_DIR/mirror")"
say "RSS with $COUNT entries: $(rss) kB"
there=$(kernel_count)
expect "two clients that read, and one that never reads" "$there $there cut off" "$(clients)"
before=$(resyncs) start=$(now_ms)
on alpha ip neigh flush dev cluster0 nud permanent
expect_soon "$COUNT entries flushed"
expect_few_resyncs "$COUNT entries flushed" "$before" "$start"
expect "number of entries" 0 "$(grep -c '^10\..* PERMANENT$' "$LAB_DIR/mirror" || true)"
say "RSS after: $(rss) kB"
pings_end "pings during all this" 200
say "longest ping: $(awk -F/ '/^rtt/ { print $6 }' "$LAB_DIR/ping") ms"
no_more_fds() { [ "$(fds)" -eq "$level" ]; }
within "$(seconds 2)" no_more_fds || fail "file descriptors: expected $level, saw $(fds)"
ok "file descriptors: $level as before"

# A clean stop with the table full, and with clients that wait for their answers.
on alpha ip -batch "$LAB_DIR/batch"
asking=()
for _ in 1 2 3 4; do
	ctl alpha -j neigh >/dev/null 2>&1 &
	asking+=("$!")
done
sleep 0.1
lab_stop_all
for asking in "${asking[@]}"; do wait "$asking" || true; done
