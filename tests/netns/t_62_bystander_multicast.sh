#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run: alone
# run: plain
#
# A bystander's daemon sleeps while other nodes exchange traffic, dedicated_mac = multicast.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=bystander.sh
. "$LAB_TOP/bystander.sh"

bystander_run dedicated_mac=multicast source_mac=masked
