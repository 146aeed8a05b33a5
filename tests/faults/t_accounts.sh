#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every frame is accounted for, exactly, when queues are full: a NIC that takes less than the host sends, a
# TAP and a NIC that the daemon does not read for a while, a flood from outside. And the daemon does not spin.
# The control: the sum without the drops.
# run: once

# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$(dirname "$0")/faults.sh"

c_program flood
lab_nodes 2
lab_config liveness=0
lab_start_all
lab_announced
expect_reach alpha beta
expect_reach out alpha

link_packets() { ip -j -s -n "$1" link show "$2" | jq ".[].stats64.$3"; }
# Everything that is counted, as one line; rested: it is the same twice, a moment apart.
figures() { ctl alpha -j counters | jq -c .counters; }
rested() { [ "$(figures)" = "$(sleep 0.3 && figures)" ]; }
# sample: sets FIGURES, and WIRE, how many frames the switch has sent here, of the same moment: nothing comes
# meanwhile.
sample() {
	WIRE=$(link_packets sw p_alpha tx.packets)
	sleep 0.1
	FIGURES=$(figures)
	[ "$WIRE" = "$(link_packets sw p_alpha tx.packets)" ]
}

within "$(seconds 10)" sample || fail "the switch goes on sending"
before=$FIGURES wire=$WIRE
on alpha tc qdisc add dev eth0 root tbf rate 20mbit burst 10k limit 20k
on beta iperf3 -s -1 -D >/dev/null
within "$(seconds 5)" listens beta 5201 || fail "no server"
on alpha timeout -k 1 20 iperf3 -u -b 100M -l 1400 -t "$(whole 10 2)" -c 12.12.4.102 >"$LAB_DIR/iperf" 2>&1 &
sending=$!
on out "$LAB_DIR/flood" udp 1 eth0 >/dev/null
on out "$LAB_DIR/flood" claim 1 eth0 >/dev/null
kill -STOP "${LAB_PID[alpha]}"
on out "$LAB_DIR/flood" arp 1 eth0 >/dev/null
kill -CONT "${LAB_PID[alpha]}"
wait "$sending" || true
on alpha tc qdisc del dev eth0 root
within "$(seconds 10)" rested || fail "the counters do not come to rest: $(figures)"
within "$(seconds 10)" sample || fail "the switch goes on sending"
after=$FIGURES

# counted JQ: how much the expression over the counters has grown.
counted() { echo $(($(jq "$1" <<<"$after") - $(jq "$1" <<<"$before"))); }
row "frames that found a full queue: on the way in" "$(counted .drops.kernel_ring)" ">" 1000
[ "$LAB_DATAPATH" = kernel ] || row "frames that found a full queue: the NIC's" "$(counted .drops.nic_busy)" ">" 1000
# What the socket had no room for, and frames for others, which its filter drops, have not come in.
FRAMES_IN='.tap_frames_in + .nic_frames_in + .own_sent'
FRAMES_OUT='.tap_frames_out + .nic_frames_out + .own_answers'
DROPS='([.drops[]] | add) - .drops.kernel_ring - .drops.not_ours'
row "frames in, less frames out, less drops" $(($(counted "$FRAMES_IN") - $(counted "$FRAMES_OUT") - $(counted "$DROPS"))) "==" 0
row "frames that the switch has sent here, less those that came in, found no room or were for others" \
	$((WIRE - wire - $(counted '.nic_frames_in + .drops.kernel_ring + .drops.not_ours'))) "==" 0
control "frames in, less frames out" $(($(counted "$FRAMES_IN") - $(counted "$FRAMES_OUT"))) "==" 0
row "memory, KiB" "$(memory_kib alpha)" "<=" "$([ -n "$LAB_SLOW" ] && echo 200000 || echo 32768)"

# A NIC that takes nothing: the host goes on sending.
on alpha tc qdisc add dev eth0 root tbf rate 8bit burst 2k limit 2k
used=$(cpu_ms alpha)
on alpha ping -n -i 0.01 -c 300 -W 1 12.12.4.102 >/dev/null || true
row "processor time with a NIC that takes nothing, ms of 3000" $(($(cpu_ms alpha) - used)) "<=" 300
on alpha tc qdisc del dev eth0 root
expect_reach alpha beta
lab_stop_all
