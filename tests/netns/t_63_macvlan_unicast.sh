#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A macvlan as NIC, individual dedicated MACs.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=macvlan.sh
. "$LAB_TOP/macvlan.sh"

macvlan_run "$LAB_CLUSTER_MAC $(dedicated_mac alpha)" "" dedicated_mac=unicast
