#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three virtual NICs (virtio_net) on a hub, which have no offloads: every frame is whole, with its checksum.

NICS=52:54:00:aa:01
# shellcheck source-path=SCRIPTDIR source=nics.sh
. "$(dirname "$0")/nics.sh"

nics_pass off
