#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Figure 6 (SPEC 2) byte for byte: the five rows on both TAPs and on the wire, then the data of
# figure 7. Two nodes on a bridge that does not learn: with source_mac = cluster a learning bridge
# would pin that source to one port.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

CLUSTER=02:bf:aa:bb:cc:dd
DED_A=03:bf:0c:0c:04:65
DED_B=03:bf:0c:0c:04:66
A=12.12.4.101
B=12.12.4.102
ZERO=00:00:00:00:00:00

lab_nodes 2 ageing=0
# Without questions of the daemons' own, so that the captures hold the figure alone.
lab_config mac=$CLUSTER source_mac=cluster dedicated_mac=multicast arp=broadcast liveness=0
lab_start_all

# The filter leaves out the announcements made at start, which have sender = target.
between="arp and ((arp[14:4] = 0x0c0c0465 and arp[24:4] = 0x0c0c0466) or
	(arp[14:4] = 0x0c0c0466 and arp[24:4] = 0x0c0c0465)) or icmp"
for node in alpha beta; do
	capture "$node" cluster0 "$LAB_DIR/$node.tap.pcap" "$between"
	capture "$node" eth0 "$LAB_DIR/$node.wire.pcap" "$between"
	expect "$node's ARP entries before" - "$(table "$node" $A)$(table "$node" $B | tr -d -)"
done
on alpha ping -n -c 1 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
capture_stop

row600="$CLUSTER ff:ff:ff:ff:ff:ff request $A $CLUSTER $B $ZERO"
row610="$CLUSTER ff:ff:ff:ff:ff:ff request $A $DED_A $B $ZERO"
row620="$CLUSTER $DED_A response $B $CLUSTER $A $DED_A"
row630="$CLUSTER $DED_A response $B $DED_B $A $CLUSTER"
row640="$CLUSTER $CLUSTER response $B $DED_B $A $CLUSTER"

arps() { frames pcap2rows "$LAB_DIR/$1.pcap"; }
expect "A's TAP (600, 640)" "$row600"$'\n'"$row640" "$(arps alpha.tap)"
expect "the wire at A (610, 630)" "$row610"$'\n'"$row630" "$(arps alpha.wire)"
expect "the wire at B (610, 630)" "$row610"$'\n'"$row630" "$(arps beta.wire)"
expect "B's TAP (610, 620)" "$row610"$'\n'"$row620" "$(arps beta.tap)"
expect "A's ARP table" $DED_B "$(table alpha $B)"
expect "B's ARP table" $DED_A "$(table beta $A)"

pings() { frames pcap2ip "$LAB_DIR/$1.pcap"; }
# On the kernel data path, frames from the host are redirected before tcpdump sees them on the TAP.
if [ "$LAB_DATAPATH" = user ]; then
	expect "figure 7 on A's TAP" "$CLUSTER $DED_B $A $B 1 8
$CLUSTER $CLUSTER $B $A 1 0" "$(pings alpha.tap)"
	expect "figure 7 on B's TAP" "$CLUSTER $CLUSTER $A $B 1 8
$CLUSTER $DED_A $B $A 1 0" "$(pings beta.tap)"
else
	expect "figure 7 on A's TAP" "$CLUSTER $CLUSTER $B $A 1 0" "$(pings alpha.tap)"
	expect "figure 7 on B's TAP" "$CLUSTER $CLUSTER $A $B 1 8" "$(pings beta.tap)"
fi
for end in alpha.wire beta.wire; do
	expect "figure 7 on the wire ($end)" "$CLUSTER $DED_B $A $B 1 8
$CLUSTER $DED_A $B $A 1 0" "$(pings "$end")"
done

expect_num "ARP packets rewritten by A" "$(counter alpha .arp_rewritten)" ">=" 1
ping_clean alpha beta || fail "pings from alpha to beta failed"
ping_clean beta alpha || fail "pings from beta to alpha failed"
lab_stop_all
