#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The machine boots with ifupdown configuring the NIC, by the example: addresses and default route are on
# the TAP, peers answer, and no unit has failed.

# shellcheck source-path=SCRIPTDIR source=boot.sh
. "$(dirname "$0")/boot.sh"

configuration() { cp "$EXAMPLES/interfaces" /etc/network/interfaces; }
boot "${1:-1}" configuration "networking"
