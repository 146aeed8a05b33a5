#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: once
#
# What clusterarpd does not defend against (SECURITY.md), so that nobody takes it for granted: a forged Ethernet
# source misleads the switch; who has a peer's MAC and address is that peer; a node with a file of its own
# answers clients of others. And what ends it.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3
lab_config liveness=0
lab_start_all
expect_reach alpha beta
lab_announced
BETA=$(dedicated_mac beta)
port_of() { bridge -n sw -j fdb show br br0 | jq -r --arg mac "$1" '[.[] | select(.mac == $mac and .ifname != "br0")][0].ifname // "-"'; }
# forge HOST:DEVICE OPTION…: one ARP request, for nobody, with beta's dedicated MAC as Ethernet source.
forge() { frames arp "$1" --eth-src "$BETA" --tpa 12.12.4.99 "${@:2}"; }

# --- a forged Ethernet source ---

expect "where the switch has learned beta" p_beta "$(port_of "$BETA")"
# Until beta sends something, such as a router solicitation.
is_misled() {
	forge out:eth0 --sha "$(nic_mac out)" --spa "${LAB_ADDR[out]}"
	[ "$(port_of "$BETA")" = p_out ] && ! reach alpha beta
}
within "$(seconds 5)" is_misled || fail "a ping reaches beta, whose MAC the switch has at $(port_of "$BETA")"
ok "after a forged frame the switch has learned beta at p_out, and alpha does not reach it"
expect "alpha's entry for beta" "$BETA" "$(table alpha 12.12.4.102)"
reach beta gamma || fail "beta does not reach gamma"
expect "where the switch has learned beta, once it has sent" p_beta "$(port_of "$BETA")"
expect_reach alpha beta

# With liveness each node is asked every second, and answers.
lab_config
for node in alpha beta gamma; do ctl "$node" reload >/dev/null || fail "$node: reload"; done
forge out:eth0 --sha "$(nic_mac out)" --spa "${LAB_ADDR[out]}"
within "$(seconds 4)" reach alpha beta || fail "with liveness beta does not come back"
ok "with liveness beta is reached again"

# --- a peer's MAC and address ---

before=$(counter alpha .drops.spoofed)
forge out:eth0 --sha "$BETA" --spa 12.12.4.102
reach alpha gamma || fail "alpha does not reach gamma"
expect "claims of beta's address from beta's MAC that alpha has dropped" "$before" "$(counter alpha .drops.spoofed)"
forge out:eth0 --sha 02:66:66:66:66:66 --spa 12.12.4.102
spoofed() { [ "$(counter alpha .drops.spoofed)" -gt "$before" ]; }
within "$(seconds 2)" spoofed || fail "a claim of beta's address from another MAC is not dropped"
ok "from another MAC it is dropped"

# --- a node that does as it likes ---

lab_config shares=static
for node in alpha beta gamma; do ctl "$node" reload >/dev/null || fail "$node: reload"; done
answers() { on out ping -n -c 20 -i 0.05 -W 1 "$LAB_CLUSTER_IP" >"$LAB_DIR/answers" 2>&1 || true; }
answered_once() { answers && grep -q ' 20 received, 0% packet loss' "$LAB_DIR/answers" && ! grep -q DUP "$LAB_DIR/answers"; }
within "$(seconds 10)" answered_once || fail "shares: $(tail -n 3 "$LAB_DIR/answers")"
ok "with shares one node answers a client"
lab_config shares=none
for node in beta gamma; do ctl "$node" reload >/dev/null || fail "$node: reload"; done
answers
grep -q 'DUP!' "$LAB_DIR/answers" || fail "two nodes with another file answer nobody twice: $(tail -n 3 "$LAB_DIR/answers")"
ok "nodes that have another file answer as well"
lab_stop_all
