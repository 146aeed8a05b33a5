#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All pairs with advertise = all: the outsider learns the nodes' dedicated MACs, and the cluster MAC
# for the cluster address.
# run: kernel

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=pairs.sh
. "$LAB_TOP/pairs.sh"

pairs_run dedicated_mac advertise=all

for node in alpha beta gamma; do
	forget out "$(addr_of "$node")" eth0
	reach out "$node" || fail "out does not reach $node"
	expect "the outsider's entry for $node" "$(dedicated_mac "$node")" "$(table out "$(addr_of "$node")" eth0)"
done
on out ping -n -c 1 -W "$LAB_REPLY" "$LAB_CLUSTER_IP" >/dev/null || fail "out does not reach the cluster address"
expect "the outsider's entry for the cluster address" "$LAB_CLUSTER_MAC" "$(table out "$LAB_CLUSTER_IP" eth0)"
lab_stop_all
