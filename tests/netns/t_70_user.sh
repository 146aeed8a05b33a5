#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The daemon works as an ordinary user with CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF and CAP_PERFMON, and
# a clean stop restores the previous state.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 3 family=46
lab_config
lab_snapshot alpha >"$LAB_DIR/before"
for node in alpha beta gamma; do
	lab_start_user "$node"
	expect "user of $node's daemon" 65534 "$(awk '/^Uid:/ { print $2 }' "/proc/${LAB_PID[$node]}/status")"
done
caps=$(awk '/^CapPrm:/ { print $2 }' "/proc/${LAB_PID[alpha]}/status")
expect_num "capabilities beyond the four" $((0x$caps & ~0xc000003000)) "==" 0
lab_settle
for LAB_FAMILY in 4 6 ll; do
	ping_all_pairs
	tcp_pair alpha beta -n 20M
	tcp_pair out gamma -n 20M
done
LAB_FAMILY=46
expect "MACs that answer ARP" "$LAB_CLUSTER_MAC" \
	"$(arp_answers out 12.12.4.101 | sort -u)"
expect "programs at the NIC" 1/1 "$(lab_attached alpha eth0)"
lab_stop alpha
lab_preload no_tcx
lab_start_user alpha
on alpha tc qdisc del dev eth0 clsact
shield_up() { on alpha tc filter show dev eth0 ingress | grep -q 'pref 1 bpf'; }
within "$(seconds 1)" shield_up || fail "without tcx: the shield does not come back"
ok "without tcx: the shield comes back"
lab_stop_all
lab_snapshot alpha >"$LAB_DIR/after"
expect_unchanged "alpha" "$LAB_DIR/before" "$LAB_DIR/after"
