#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The NIC is a bond (active-backup) whose active port fails: how long the node is not reached.

# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "$0")/links.sh"

lab_nodes 2 family=46
port_pair alpha
ip -n alpha link add bond0 type bond mode active-backup miimon 100
ip -n alpha link set eth0 master bond0
ip -n alpha link set spare0 master bond0
ip -n alpha link set bond0 type bond active_slave eth0
ip -n alpha link set bond0 up
# beta's NIC has this name too: the file is the same on all nodes.
ip -n beta link set eth0 down
ip -n beta link set eth0 name bond0 up

lab_config interface=bond0
lab_start_all
expect_datapath
all_well
failover
lab_stop_all
