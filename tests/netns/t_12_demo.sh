#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The demonstration still tells its story: the problem, and figure 6.
# run: once

DEMO_SHORT=1 exec "$(dirname "$0")/demo.sh"
