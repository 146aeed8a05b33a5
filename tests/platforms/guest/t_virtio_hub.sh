#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three virtual NICs (virtio_net) on a hub, which have no offloads: every frame is whole, with its checksum.

NICS=52:54:00:aa:01
# shellcheck source-path=SCRIPTDIR source=nics.sh
. "$(dirname "$0")/nics.sh"

lab_nodes 2 family=46
expect "driver of alpha's NIC" virtio_net "$(on alpha ethtool -i eth0 | sed -n 's/^driver: //p')"
for feature in tx-checksumming tcp-segmentation-offload; do
	expect "$feature" off "$(offload alpha "$feature")"
done
lab_config dedicated_mac=unicast
lab_start_all
expect_datapath
all_well
lab_stop_all
