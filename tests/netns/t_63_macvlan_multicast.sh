#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A macvlan as NIC, group dedicated MACs: the macvlan's address filter has a membership for them.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=macvlan.sh
. "$LAB_TOP/macvlan.sh"

macvlan_run "$LAB_CLUSTER_MAC $(masked_mac alpha)" "$(group_mac alpha)" \
	dedicated_mac=multicast source_mac=masked
