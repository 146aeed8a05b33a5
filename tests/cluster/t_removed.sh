#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node is removed from the file, and the file loaded on all nodes but the one that is removed.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

cluster_start 4
LAB_NODES=(alpha beta gamma)
cluster_config
for node in alpha beta gamma; do
	ctl "$node" reload >"$LAB_DIR/output" 2>&1 || fail "$node: reload: $(cat "$LAB_DIR/output")"
	sleep 3.5 # its share moves
done
cluster_settled alpha beta gamma
ok "delta, which has the old file, does not hold up the others"
