#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# corosync is killed on one node, with and without a new one, and stopped for ten seconds.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

cluster_start 3
row "kill -9 of corosync, again after 0.1 s" gamma 8 corosync_again gamma
row_in_time 50
cluster_settled alpha beta gamma

row "kill -9 of corosync" gamma 5 corosync_kill gamma
row_in_time 50
cluster_settled alpha beta
row "corosync is back" gamma 5 corosync_start gamma
row_moves
cluster_settled alpha beta gamma

# Its lease ends just before the others know.
row "SIGSTOP of corosync, 10 s" gamma 12 pause "${COROSYNC[gamma]}" 10
row_gap 250
cluster_settled alpha beta gamma
rows_end
