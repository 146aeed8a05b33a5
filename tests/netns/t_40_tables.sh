#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whatever ARP a node sends, and whatever ARP another host sends with the node's address: the
# tables of its peers hold its dedicated MAC. Spoofed packets and conflicts are counted and logged.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3
lab_config
lab_start_all
ping_all_pairs
OUT=$(nic_mac out)
LIAR=02:66:66:66:66:66

# expect_tables AFTER: every node's entry for every other node is its dedicated MAC.
expect_tables() {
	local a b
	sleep 0.3
	for a in alpha beta gamma; do
		for b in alpha beta gamma; do
			[ "$a" = "$b" ] || [ "$(table "$a" "$(addr_of "$b")")" = "$(dedicated_mac "$b")" ] ||
				fail "after $1: $a's entry for $b: expected $(dedicated_mac "$b"), saw $(table "$a" "$(addr_of "$b")")"
		done
	done
	ok "after $1: all tables hold dedicated MACs"
}
rows_from_alpha() { frames pcap2rows "$LAB_DIR/arp.pcap"; }

expect_tables "pings"

capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in arp
forget alpha 12.12.4.200
reach alpha out || fail "alpha does not reach out"
on alpha ping -n -c 1 -W 1 12.12.4.250 >/dev/null 2>&1 || true
capture_stop
expect "sender MAC in alpha's requests for outsiders (E3)" "$LAB_CLUSTER_MAC" \
	"$(rows_from_alpha | awk '$3 == "request" && $6 ~ /\.2[05]0$/ { print $5 }' | sort -u)"
expect_tables "alpha's ARP for outsiders"

for mode in -U -A; do
	for address in 12.12.4.101 "$LAB_CLUSTER_IP"; do
		on alpha arping -q "$mode" -c 2 -I cluster0 -s "$address" "$address" || true
		expect_tables "arping $mode $address"
	done
done
expect "conflicts among nodes" 0 "$(counter beta .drops.conflict)"

# A ping from the cluster address: the ARP request on the wire has the dedicated address as sender.
forget alpha 12.12.4.102
capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in arp
on alpha ping -n -c 2 -i 0.2 -W 1 -I "$LAB_CLUSTER_IP" 12.12.4.102 >/dev/null 2>&1 || true
capture_stop
expect "requests for beta, sender address and MAC (E2b)" "12.12.4.101 $(dedicated_mac alpha)" \
	"$(rows_from_alpha | awk '$3 == "request" && $6 == "12.12.4.102" { print $4, $5 }' | sort -u)"
expect_tables "ping -I $LAB_CLUSTER_IP"
on alpha ping -n -c 2 -i 0.2 -W 1 -I "$LAB_CLUSTER_IP" 12.12.4.200 >/dev/null 2>&1 || true
expect_tables "ping -I $LAB_CLUSTER_IP to the outsider"

# Spoofed packets: alpha's address with the outsider's MAC, or with a MAC of no host.
spoofed() { echo "$(counter "$1" .drops.spoofed) $(peer "$1" alpha .counters.spoofed)"; }
counted() { [ "$(spoofed "$1")" = "$2" ]; }
expect_spoofs() {
	within "$(seconds 2)" counted "$2" "$3" || fail "$1: expected spoofed '$3' on $2, saw '$(spoofed "$2")'"
	ok "$1: counted as spoofed on $2: $3"
}
expect_spoofs "before" beta "0 0"
for mac in "$OUT" "$LIAR"; do
	frames arp out:eth0 --sha "$mac" --spa 12.12.4.101 --tpa 12.12.4.101
	frames arp out:eth0 --sha "$mac" --spa 12.12.4.101 --tpa 12.12.4.101 --op 2 --tha ff:ff:ff:ff:ff:ff
	frames arp out:eth0 --sha "$mac" --spa 12.12.4.101 --tpa 12.12.4.102
	frames arp out:eth0 --sha "$mac" --spa 12.12.4.101 --tpa 12.12.4.102 --op 2 \
		--tha "$LAB_CLUSTER_MAC" --eth-dst "$(dedicated_mac beta)"
done
expect_spoofs "eight spoofed packets" beta "8 8"
expect_tables "spoofed packets"
on out timeout 5 arping -q -U -c 2 -I eth0 12.12.4.200 || true
expect_spoofs "an outsider announces itself" beta "8 8"
grep -qi "$LIAR" "$LAB_DIR/beta.log" || fail "beta's log does not name the spoofer"
ok "beta's log names the spoofer"

# For alpha itself these are conflicts; with the cluster address they are conflicts for all nodes.
expect_num "conflicts on alpha" "$(counter alpha .drops.conflict)" ">=" 6
before=$(counter gamma .drops.conflict)
frames arp out:eth0 --sha "$LIAR" --spa "$LAB_CLUSTER_IP" --tpa "$LAB_CLUSTER_IP" --count 3
more_conflicts() { [ "$(counter gamma .drops.conflict)" -eq $((before + 3)) ]; }
within "$(seconds 2)" more_conflicts || fail "expected 3 more conflicts on gamma than $before, saw $(counter gamma .drops.conflict)"
ok "three conflicts on gamma"
grep -qi "$LIAR" "$LAB_DIR/gamma.log" || fail "gamma's log does not name the conflict"

# Every packet of a flood is counted, but few are logged.
frames arp out:eth0 --sha "$LIAR" --spa 12.12.4.101 --tpa 12.12.4.102 --count 300 --interval 0.001
expect_spoofs "a flood of spoofed packets" beta "308 308"
expect_num "log lines about it" "$(grep -ci "$LIAR" "$LAB_DIR/beta.log")" "<=" 50
expect_tables "a flood of spoofed packets"
ping_all_pairs
lab_stop_all
