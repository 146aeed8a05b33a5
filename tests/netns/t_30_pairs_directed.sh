#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All pairs with arp = directed: requests to peers go to the peer's dedicated MAC.
# run: kernel

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=pairs.sh
. "$LAB_TOP/pairs.sh"

pairs_run dedicated_mac arp=directed

requests=$(pairs_requests "$(dedicated_mac beta)" "$(dedicated_mac gamma)")
expect "requests to beta" "$(dedicated_mac beta)" "$(awk '$6 == "12.12.4.102" { print $2 }' <<<"$requests" | sort -u)"
expect "requests to gamma" "$(dedicated_mac gamma)" "$(awk '$6 == "12.12.4.103" { print $2 }' <<<"$requests" | sort -u)"
lab_stop_all
