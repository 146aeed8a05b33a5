#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All pairs with strict = yes: only peers reach a node at its dedicated MAC.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=pairs.sh
. "$LAB_TOP/pairs.sh"

pairs_run dedicated_mac strict=yes arp=directed

before=$(counter alpha .drops.strict)
! to_dedicated alpha || fail "the outsider reaches a dedicated MAC"
ok "the outsider does not reach a dedicated MAC"
expect_num "drops.strict" "$(counter alpha .drops.strict)" ">" "$before"
expect_reach out alpha
lab_stop_all
