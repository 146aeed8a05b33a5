#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# corosync's ring goes over the cluster's network, from one dedicated address to the other.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

CLUSTER_RING=cluster
cluster_start 3
row "one network: kill -9 of a daemon, again after 0.2 s" gamma 5 daemon_again gamma
cluster_settled alpha beta gamma
row "one network: cable out" gamma 5 cable_out gamma
row_in_time 50
cluster_settled alpha beta
row "one network: cable in" gamma 5 cable_in gamma
row_moves
cluster_settled alpha beta gamma
row "one network: what gamma sends is lost" gamma 6 mute service gamma
row_in_time 50
cluster_settled alpha beta
row "one network: nothing more is lost" gamma 5 heal
row_moves
cluster_settled alpha beta gamma
row "one network: split, 2:1" gamma 6 split service "alpha beta out" gamma
row_in_time 50
cluster_settled alpha beta
row "one network: healed" gamma 5 heal
row_moves
cluster_settled alpha beta gamma
row "one network: crash of a node" gamma 6 node_crash gamma
row_in_time 50
cluster_settled alpha beta
rows_end
