#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Figure 6 (SPEC 2) in terms of Neighbour Discovery (E5, I9), byte for byte, as t_10_figure6.sh has
# it for ARP: the five rows on both TAPs and on the wire, then the data of figure 7.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

CLUSTER=02:bf:aa:bb:cc:dd
DED_A=03:bf:0c:0c:04:65
DED_B=03:bf:0c:0c:04:66
A=2001:db8:4::101
B=2001:db8:4::102
GROUP_IP=ff02::1:ff00:102
GROUP=33:33:ff:00:01:02

lab_nodes 2 ageing=0 family=6
# Without questions of the daemons' own, so that the captures hold the figure alone.
lab_config mac=$CLUSTER source_mac=cluster dedicated_mac=multicast arp=broadcast liveness=0
lab_start_all
lab_announced

# Solicitations and advertisements between the two; later ones, by which Linux verifies what it
# knows (RFC 4861 7.3), are left out below.
between="ip6 and ((src $A and (dst $B or dst $GROUP_IP)) or (src $B and dst $A))"
for node in alpha beta; do
	capture "$node" cluster0 "$LAB_DIR/$node.tap.pcap" "$between"
	capture "$node" eth0 "$LAB_DIR/$node.wire.pcap" "$between"
	expect "$node's entries before" - "$(table "$node" $A)$(table "$node" $B | tr -d -)"
done
on alpha ping -n -c 1 -W "$(seconds 1)" $B >"$LAB_DIR/output" || fail "$(cat "$LAB_DIR/output")"
capture_stop

# Columns: Ethernet source, destination, type, IPv6 source, destination, Target, option (1: source,
# 2: target link-layer address), flags, hop limit, checksum.
row600="$CLUSTER $GROUP ns $A $GROUP_IP $B 1/$CLUSTER - 255 ok"
row610="$CLUSTER $GROUP ns $A $GROUP_IP $B 1/$DED_A - 255 ok"
row620="$CLUSTER $DED_A na $B $A $B 2/$CLUSTER SO 255 ok"
row630="$CLUSTER $DED_A na $B $A $B 2/$DED_B SO 255 ok"
row640="$CLUSTER $CLUSTER na $B $A $B 2/$DED_B SO 255 ok"

nds() { frames pcap2rows6 "$LAB_DIR/$1.pcap" | head -n 2; }
expect "A's TAP (600, 640)" "$row600"$'\n'"$row640" "$(nds alpha.tap)"
expect "the wire at A (610, 630)" "$row610"$'\n'"$row630" "$(nds alpha.wire)"
expect "the wire at B (610, 630)" "$row610"$'\n'"$row630" "$(nds beta.wire)"
expect "B's TAP (610, 620)" "$row610"$'\n'"$row620" "$(nds beta.tap)"
expect "A's entry for B" $DED_B "$(table alpha $B)"
expect "B's entry for A" $DED_A "$(table beta $A)"

pings() { frames pcap2ip6 "$LAB_DIR/$1.pcap" | awk '$6 == 128 || $6 == 129'; }
# On the kernel data path, frames from the host are redirected before tcpdump sees them on the TAP.
if [ "$LAB_DATAPATH" = user ]; then
	expect "figure 7 on A's TAP" "$CLUSTER $DED_B $A $B 58 128
$CLUSTER $CLUSTER $B $A 58 129" "$(pings alpha.tap)"
	expect "figure 7 on B's TAP" "$CLUSTER $CLUSTER $A $B 58 128
$CLUSTER $DED_A $B $A 58 129" "$(pings beta.tap)"
else
	expect "figure 7 on A's TAP" "$CLUSTER $CLUSTER $B $A 58 129" "$(pings alpha.tap)"
	expect "figure 7 on B's TAP" "$CLUSTER $CLUSTER $A $B 58 128" "$(pings beta.tap)"
fi
for end in alpha.wire beta.wire; do
	expect "figure 7 on the wire ($end)" "$CLUSTER $DED_B $A $B 58 128
$CLUSTER $DED_A $B $A 58 129" "$(pings "$end")"
done

expect_num "messages rewritten by A" "$(counter alpha .nd_rewritten)" ">=" 1
expect "ARP packets rewritten by A" 0 "$(counter alpha .arp_rewritten)"
ping_clean alpha beta || fail "pings from alpha to beta failed"
ping_clean beta alpha || fail "pings from beta to alpha failed"
LAB_FAMILY=ll ping_clean alpha beta || fail "pings between link-local addresses failed"
lab_stop_all
