#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All pairs with individual dedicated MACs but masked sources: neither the
# cluster MAC nor a dedicated one is ever a source.
# run: kernel

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=pairs.sh
. "$LAB_TOP/pairs.sh"

pairs_run masked_mac source_mac=masked
lab_stop_all
