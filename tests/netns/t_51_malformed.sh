#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Malformed frames of all lengths, from the wire and from the stack: malformed ARP passes
# unmodified, the daemons keep running, traffic flows.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

# The bridge does not learn: every frame reaches every port.
lab_nodes 2 ageing=0
lab_config
lab_start_all
ping_all_pairs
OUT=$(nic_mac out)
both_alive() {
	lab_alive alpha || fail "alpha's daemon has ended"
	lab_alive beta || fail "beta's daemon has ended"
}
ALPHA=$(dedicated_mac alpha)

for seed in 1 2 3; do
	frames malformed out:eth0 alpha:cluster0 --seed "$seed" --src "$OUT" --expect-dst "$LAB_CLUSTER_MAC" \
		--dst ff:ff:ff:ff:ff:ff "$LAB_CLUSTER_MAC" "$ALPHA" \
		--sha "$LAB_CLUSTER_MAC" --spa 12.12.4.102 --tpa 12.12.4.101 >"$LAB_DIR/output" 2>&1 ||
		fail "wire to TAP: $(head -n 20 "$LAB_DIR/output")"
	ok "from the wire, seed $seed: $(tail -n 1 "$LAB_DIR/output")"
	frames malformed alpha:cluster0 out:eth0 --seed "$seed" --src "$LAB_CLUSTER_MAC" --expect-src "$ALPHA" \
		--dst ff:ff:ff:ff:ff:ff "$OUT" "$(dedicated_mac beta)" \
		--sha "$LAB_CLUSTER_MAC" --spa 12.12.4.101 --tpa 12.12.4.102 >"$LAB_DIR/output" 2>&1 ||
		fail "TAP to wire: $(head -n 20 "$LAB_DIR/output")"
	ok "from the stack, seed $seed: $(tail -n 1 "$LAB_DIR/output")"
	both_alive
done
# With the source MACs of the node itself and of a peer, which I1 to I8 check first.
for source in "$ALPHA" "$(dedicated_mac beta)" "$LAB_CLUSTER_MAC"; do
	frames malformed out:eth0 --src "$source" --dst "$ALPHA" "$LAB_CLUSTER_MAC" \
		--sha "$LAB_CLUSTER_MAC" --spa 12.12.4.101 --tpa 12.12.4.101
done
both_alive
expect_num "frames that alpha read" "$(counter alpha .nic_frames_in)" ">" 1000
ping_all_pairs
tcp_pair alpha beta
lab_stop_all
