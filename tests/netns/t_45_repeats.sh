#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the log says about something that goes on: one line when it begins, one a minute, one when it
# has ended. A spoofer, a peer without its daemon, an address conflict; and then hosts that change
# their MAC with each frame, for which the limit of lines a second holds. Monitor clients get every
# event.
#
# run: plain
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

LIAR=02:66:66:66:66:66
THIEF=02:77:77:77:77:77
THIEF6=02:78:78:78:78:78
QUIET=20 # seconds: REPEATS_QUIET_MS

lab_nodes 2 family=46
lab_config
lab_start alpha
BETA=$(nic_mac beta)
LOG=$LAB_DIR/alpha.log

said() { grep -cE -- "$1" "$LOG" || true; }
has_said() { grep -qE -- "$1" "$LOG"; }
lines_of() { grep -ciF -- "$1" "$LOG" || true; }
spoofed() { counter alpha .drops.spoofed; }
spoofed_is() { [ "$(spoofed)" = "$1" ]; }
# expect_said WHEN SECONDS LINE
expect_said() {
	within "$(seconds "$2")" has_said "$3" || fail "$1: no line '$3' in $(cat "$LOG")"
	expect "$1: lines '$3'" 1 "$(said "$3")"
}

"$CLUSTERARPCTL" -s "$(socket_of alpha)" -j monitor >"$LAB_DIR/events" 2>&1 </dev/null &
MONITOR=$!
listens_to_events() { ctl alpha reload >/dev/null && grep -q reload "$LAB_DIR/events"; }
within "$(seconds 5)" listens_to_events || fail "monitor: no output"
events_of() { grep -cF -- "$1" "$LAB_DIR/events" || true; }

# --- one that goes on for more than a minute ---

frames arp out:eth0 --sha $LIAR --spa 12.12.4.102 --tpa 12.12.4.101 --count 620 --interval 0.1 &
LIAR_PID=$!
expect_said "a spoofer" 5 "$LIAR claims the address 12.12.4.102 of node beta: dropped"

# --- two that end sooner ---

# beta's stack, without its daemon, looks for hosts that do not exist.
on beta ip addr add 12.12.4.102/24 dev eth0
for host in 91 92 93 94; do on beta ping -n -c 3 -W 1 "12.12.4.$host" >/dev/null 2>&1 || true; done
on beta ip addr flush dev eth0
frames arp out:eth0 --sha $THIEF --spa 12.12.4.101 --tpa 12.12.4.200 --count 30 --interval 0.02
A=$(addr6_of alpha)
frames nd out:eth0 na --eth-src $THIEF6 --src "$A" --target "$A" --tlla $THIEF6 --count 20 --interval 0.02
expect_said "a peer without its daemon" 5 "$BETA claims the address 12.12.4.102 of node beta: dropped"
expect_said "a conflict" 5 "address conflict: $THIEF uses 12.12.4.101, an address of this node: dropped"
expect_said "a conflict over IPv6" 5 "address conflict: $THIEF6 uses $A, an address of this node: dropped"
expect_num "frames of the peer" "$(events_of "$BETA")" ">=" 8
expect "lines about the peer so far" 1 "$(lines_of "$BETA")"
expect_said "the conflict is over" $((QUIET + 5)) \
	"address conflict: $THIEF no longer uses 12.12.4.101: dropped 30 times in all"
expect_said "the conflict over IPv6 is over" 5 \
	"address conflict: $THIEF6 no longer uses $A: dropped 20 times in all"
expect_said "the peer is over" 5 \
	"$BETA no longer claims the address 12.12.4.102 of a peer: dropped $(events_of "$BETA") times in all"
expect "lines about the conflict, about the peer" "2 2" "$(lines_of $THIEF) $(lines_of "$BETA")"
expect "events about the conflict" 30 "$(events_of $THIEF)"
kill "$MONITOR"

# --- the limit ---

# made_up: 2000 frames, each from another MAC.
made_up() {
	local i
	for ((i = 0; i < 2000; i++)); do
		printf 'ffffffffffff 02cccccc%04x 0806 0001 0800 06 04 0001 02cccccc%04x 0c0c0466 000000000000 0c0c0465 %036d\n' \
			"$i" "$i" 0
	done
}
mapfile -t MADE_UP < <(made_up)
lines=$(wc -l <"$LOG") before=$(spoofed) start=$(now_ms)
frames raw out:eth0 "${MADE_UP[@]}"
all_counted() { [ "$(spoofed)" -ge $((before + 2000)) ]; }
within "$(seconds 5)" all_counted || fail "made-up MACs: $before, then $(spoofed) spoofed frames"
ms=$(($(now_ms) - start))
sleep 1.2
all_lines() { [ $(($(said '02:cc:cc:cc:') + $(awk '/more events were not logged/ { n += $2 } END { print n }' "$LOG"))) = 2000 ]; }
all_lines || fail "made-up MACs: $(said '02:cc:cc:cc:') lines and $(grep -F 'not logged' "$LOG")"
ok "made-up MACs: each frame has a line, or is counted as not logged"
expect_num "made-up MACs: lines in $ms ms" $(($(wc -l <"$LOG") - lines)) "<=" $((12 * (ms / 1000 + 2)))

# --- the minute ---

expect "lines about the spoofer so far" 1 "$(lines_of $LIAR)"
expect_said "a minute of the spoofer" 40 "$LIAR still claims the address 12.12.4.102 of a peer: dropped [56][0-9]* times in the last minute"
wait "$LIAR_PID"
expect_said "the spoofer is over" $((QUIET + 5)) \
	"$LIAR no longer claims the address 12.12.4.102 of a peer: dropped 620 times in all"
expect "lines about the spoofer" 3 "$(lines_of $LIAR)"
lab_stop alpha
