#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The NIC is a team (activebackup) whose active port fails: how long the node is not reached.

# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "$0")/links.sh"

lab_nodes 2 family=46
port_pair alpha
on alpha teamd -d -t team0 -c '{ "runner": { "name": "activebackup" }, "link_watch": { "name": "ethtool" },
	"ports": { "eth0": { "prio": 100 }, "spare0": { } } }' || fail "teamd does not start"
ip -n alpha link set team0 up
ip -n beta link set eth0 down
ip -n beta link set eth0 name team0 up

lab_config interface=team0
lab_start_all
expect_datapath
all_well
failover
lab_stop_all
on alpha teamd -k -t team0
