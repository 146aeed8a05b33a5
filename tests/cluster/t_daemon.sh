#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A daemon is killed and started again, as systemd does it; a daemon is stopped for ten seconds.
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
row "kill -9 of a daemon, again after 0.2 s" gamma 5 daemon_again gamma
row_within 1000
row_expect cut_victim == 0
cluster_settled alpha beta gamma

# The kernel path goes on without the daemon, as long as the lease lasts.
row "SIGSTOP of a daemon, 10 s" gamma 12 pause "${LAB_PID[gamma]}" 10
# Its driver notices after 0.4 token; then what is left of its lease has to run out.
row_gap "$(by_path $((CLUSTER_LEASE + CLUSTER_TOKEN / 2 + 100)) $((CLUSTER_TOKEN / 2 + 100)))"
cluster_settled alpha beta gamma
rows_end
