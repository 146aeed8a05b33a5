#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three virtual NICs (virtio_net) with checksum and segmentation offload: frames cross the switch unsegmented,
# without checksum.

NICS=52:54:00:aa:02
# shellcheck source-path=SCRIPTDIR source=nics.sh
. "$(dirname "$0")/nics.sh"

nics_pass on
