#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A switch that filters VLANs: the cluster's is VLAN 10, at access ports; nobody in VLAN 20 hears of it.

# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "$0")/links.sh"

lab_nodes 2 family=46
lab_plain stranger 201
ip -n sw link set br0 type bridge vlan_filtering 1
for host in alpha beta out; do vlan "p_$host" 10 pvid untagged; done
vlan p_stranger 20 pvid untagged

lab_config dedicated_mac=unicast
capture stranger eth0 "$LAB_DIR/stranger.pcap" ether src not 52:54:00:00:00:c9
lab_start_all
expect_datapath
all_well
capture_stop
expect "frames of the cluster in another VLAN" 0 "$(frames longest "$LAB_DIR/stranger.pcap")"
lab_stop_all
