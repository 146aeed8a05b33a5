#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The same as t_crash with corosync's own token timeout, 3000 ms.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

CLUSTER_TOKEN=3000
cluster_start 3
row "crash of a node" gamma 10 node_crash gamma
row_in_time 50
cluster_settled alpha beta
rows_end
