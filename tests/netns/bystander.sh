# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# bystander.sh: while two nodes exchange gigabits, the third node's daemon does not wake up (I3),
# although its NIC receives every frame: the bridge does not learn. Sourced by t_62_*, after
# lab.sh.

wakeups() {
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/${LAB_PID[gamma]}/status"
}

# The daemon sleeps for a second (the announcements are over).
sleeps() {
	local before
	before=$(wakeups)
	sleep 1
	[ "$(wakeups)" -le $((before + 1)) ]
}

# bystander_run SETTINGS…
bystander_run() {
	local before after seen dropped
	lab_nodes 3 ageing=0 family=46
	lab_config liveness=0 "$@"
	lab_start_all
	# shellcheck disable=SC2034 # for lab.sh
	for LAB_FAMILY in 4 6; do
		ping_all_pairs
		within "$(seconds 15)" sleeps || fail "gamma's daemon never sleeps"
		seen=$(on sw cat /sys/class/net/p_gamma/statistics/tx_packets)
		dropped=$(counter gamma .drops.not_ours)
		before=$(wakeups)
		tcp_pair alpha beta -t 2
		after=$(wakeups)
		seen=$(($(on sw cat /sys/class/net/p_gamma/statistics/tx_packets) - seen))
		expect_num "frames at gamma's NIC during the transfer" "$seen" ">" 2000
		expect_num "gamma's wake-ups during the transfer" $((after - before)) "<=" 12
		expect_num "gamma's drops.not_ours" $(($(counter gamma .drops.not_ours) - dropped)) ">=" 2000
	done
	ping_all_pairs
	lab_stop_all
}
