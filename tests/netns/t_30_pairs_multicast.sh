#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All pairs with dedicated_mac = multicast, and so with masked sources.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=pairs.sh
. "$LAB_TOP/pairs.sh"

pairs_run masked_mac dedicated_mac=multicast source_mac=masked

expect "beta's entry for alpha" "$(group_mac alpha)" "$(table beta 12.12.4.101)"
requests=$(pairs_requests ff:ff:ff:ff:ff:ff ff:ff:ff:ff:ff:ff)
expect "sender MACs of requests" "$(group_mac alpha)" "$(awk '{ print $5 }' <<<"$requests" | sort -u)"
lab_stop_all
