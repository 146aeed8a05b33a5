#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Nodes whose corosync has another token timeout, as while it is changed on one after the other: each knows
# how long the leases of the others are.
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
corosync_stop alpha
cluster_settled beta gamma
CLUSTER_TOKEN=3000 corosync_start alpha
cluster_settled alpha beta gamma
expect_num "alpha's lease, ms" "$(share alpha .lease_ms)" ">" 4000
row "token 3000 on alpha alone, SIGSTOP of its driver, 9 s" alpha 11 pause "${DRIVER[alpha]}" 9
cluster_settled alpha beta gamma
rows_end
