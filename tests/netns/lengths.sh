# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lengths.sh: frames of every length that the bare wire carries, plain, 802.1Q (VID 0 too) and
# QinQ, pass between TAP and wire and between two TAPs, byte for byte except for the Ethernet
# source and the destination that I2 substitutes. Sourced by t_50_*, after lab.sh.

# lengths_sweep WHAT FROM TO SRC DST [EXPECT-SRC [EXPECT-DST]]
lengths_sweep() {
	local seen
	seen=$(frames sweep "$2" "$3" --mtu "$LAB_MTU" --src "$4" --dst "$5" \
		--expect-src "${6:-$4}" --expect-dst "${7:-$5}" 2>"$LAB_DIR/complaints") ||
		fail "$1: $(cat "$LAB_DIR/complaints")"
	[ -z "${LENGTHS_BARE:-}" ] || [ "$seen" = "$LENGTHS_BARE" ] ||
		fail "$1: expected"$'\n'"$LENGTHS_BARE"$'\n'"saw"$'\n'"$seen"$'\n'"$(cat "$LAB_DIR/complaints")"
	ok "$1: every length"
	LENGTHS_SEEN=$seen
}

# lengths_run MTU
lengths_run() {
	local out cluster=$LAB_CLUSTER_MAC
	lab_nodes 2 mtu="$1" family=46
	lab_plain plain1 201
	lab_config
	lab_start_all
	out=$(nic_mac out)
	expect "MTU of the TAP" "$1" "$(on alpha cat /sys/class/net/cluster0/mtu)"

	# The switch must have learned every MAC: a flooded frame would arrive elsewhere too.
	reach out plain1 || fail "out does not reach plain1"
	lengths_sweep "bare wire" out:eth0 plain1:eth0 "$out" "$(nic_mac plain1)"
	LENGTHS_BARE=$LENGTHS_SEEN
	say "$LENGTHS_BARE"
	lengths_sweep "TAP to wire" alpha:cluster0 out:eth0 "$cluster" "$out" "$(dedicated_mac alpha)"
	lengths_sweep "TAP to wire, broadcast" alpha:cluster0 out:eth0 "$cluster" ff:ff:ff:ff:ff:ff \
		"$(dedicated_mac alpha)"
	lengths_sweep "wire to TAP, cluster MAC" out:eth0 alpha:cluster0 "$out" "$cluster"
	lengths_sweep "wire to TAP, dedicated MAC" out:eth0 alpha:cluster0 "$out" "$(dedicated_mac alpha)" \
		"$out" "$cluster"
	lengths_sweep "TAP to TAP" alpha:cluster0 beta:cluster0 "$cluster" "$(dedicated_mac beta)" \
		"$(dedicated_mac alpha)" "$cluster"
	lengths_sweep "TAP to TAP, the other way" beta:cluster0 alpha:cluster0 "$cluster" \
		"$(dedicated_mac alpha)" "$(dedicated_mac beta)" "$cluster"
	expect "drops.too_long" 0 "$(counter alpha .drops.too_long)"
	# One at a time: ping's receive buffer does not hold a burst of long answers.
	ping_all_pairs -M 'do' -l 1 -i 0.1 -s $((LAB_MTU - 28))
	LAB_FAMILY=6 ping_all_pairs -M 'do' -l 1 -i 0.1 -s $((LAB_MTU - 48))
	lab_stop_all
}
