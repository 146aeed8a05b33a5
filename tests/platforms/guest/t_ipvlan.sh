#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An ipvlan as NIC, in every mode: it hands up frames by the IP addresses that it has, which are on the TAP.

# shellcheck source-path=SCRIPTDIR source=lower.sh
. "$(dirname "$0")/lower.sh"

LOWER_MAC=
for mode in l2 l3 l3s; do lower ipvlan "$mode"; done
figure "traffic: ${WORKS:-in no mode}; said that it does not work: $SAID"
