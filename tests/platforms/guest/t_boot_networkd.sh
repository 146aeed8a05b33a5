#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The machine boots with systemd-networkd configuring the NIC, by the example: addresses and default route are on
# the TAP, peers answer, and no unit has failed.

# shellcheck source-path=SCRIPTDIR source=boot.sh
. "$(dirname "$0")/boot.sh"

configuration() { cp "$EXAMPLES/eth0.network" /etc/systemd/network/10-eth0.network; }
boot "${1:-1}" configuration "systemd-networkd systemd-networkd-wait-online"
