#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A macvlan as NIC, in every mode. All but passthru hand up only frames for the macvlan's own address and for
# groups, so that the dedicated MACs must be group ones and the macvlan's address the cluster MAC.

# shellcheck source-path=SCRIPTDIR source=lower.sh
. "$(dirname "$0")/lower.sh"

LOWER_MAC=
for mode in bridge private vepa; do lower macvlan "$mode"; done
lower macvlan passthru
lower macvlan "passthru nopromisc"
LOWER_MAC=$LAB_CLUSTER_MAC
lower macvlan bridge dedicated_mac=multicast
figure "traffic: $WORKS; said that it does not work: $SAID"
