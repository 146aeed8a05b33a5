#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Frames of every length with an MTU of 1500.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

# shellcheck source=lengths.sh
. "$LAB_TOP/lengths.sh"

lengths_run 1500
