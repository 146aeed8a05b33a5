# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# macvlan.sh: a NIC with an address filter (a macvlan receives only frames for its memberships):
# the daemon receives its frames by memberships, not by promiscuous mode. Sourced by t_63_*,
# after lab.sh.

promiscuity() { on "$1" ip -d -j link show "$2" | jq '.[0].promiscuity'; }
unicasts() { on "$1" bridge fdb show dev eth0 | awk '{ print $1 }' | grep -v '^\(33\|01\):' | sort -u | xargs; }
multicasts() { on "$1" ip maddr show dev eth0 | awk '$1 == "link" { print $2 }'; }

# macvlan_run UNICAST-MEMBERSHIPS-OF-ALPHA MULTICAST-OR-EMPTY SETTINGS…
macvlan_run() {
	local unicast=$1 multicast=$2 mac
	shift 2
	lab_nodes 3 nic=macvlan family=46
	lab_config "$@"
	lab_snapshot alpha >"$LAB_DIR/before"
	lab_start_all
	for LAB_FAMILY in 4 6 ll; do
		ping_all_pairs
		{
			transfer_of alpha beta
			transfer_of out alpha
		} | expect_transfers "IPv$LAB_FAMILY"
	done
	# shellcheck disable=SC2034 # for lab.sh
	LAB_FAMILY=46
	for mac in $unicast; do
		unicasts alpha | grep -q "$mac" || fail "no membership for $mac: $(unicasts alpha)"
	done
	ok "unicast memberships: $(unicasts alpha)"
	if [ -n "$multicast" ]; then
		expect "membership for $multicast" "$multicast" "$(multicasts alpha | grep "$multicast" || true)"
	fi
	expect "promiscuity of eth0" 0 "$(promiscuity alpha eth0)"
	lab_stop_all
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "alpha" "$LAB_DIR/before" "$LAB_DIR/after"
}
