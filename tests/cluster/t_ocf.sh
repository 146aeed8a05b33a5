#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The resource agent ocf:clusterarpd:shares, without pacemaker: ocf-tester is content with it; what each
# action says, with a daemon and without.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"

command -v ocf-tester >/dev/null || skip "needs ocf-tester (resource-agents)"
AGENT=$LAB_DIR/shares
install -m 755 "$LAB_TOP/../../ocf/shares" "$AGENT"
RUNNING=0 CONFIGURED=6 UNKNOWN=3 NOT_RUNNING=7

# agent ACTION [PARAMETER=VALUE]…: on alpha.
agent() {
	local action=$1 setting settings=()
	shift
	for setting in "$@"; do settings+=("OCF_RESKEY_$setting"); done
	on alpha env OCF_ROOT=/usr/lib/ocf OCF_RESOURCE_INSTANCE=shares OCF_RESKEY_clusterarpctl="$CLUSTERARPCTL" \
		OCF_RESKEY_socket="$(socket_of alpha)" OCF_RESKEY_CRM_meta_timeout=60000 \
		OCF_RESKEY_CRM_meta_interval="${INTERVAL:-10000}" "${settings[@]}" "$AGENT" "$action"
}
# says RC ACTION [PARAMETER=VALUE]…
says() {
	expect_rc "$1" "${*:2}" agent "${@:2}"
}
wish() { share alpha .wish; }

lab_nodes 2
lab_config shares=driven
lab_start_all
serve_all
order alpha beta

say "ocf-tester"
# In its own way of passing parameters.
expect_rc 0 "ocf-tester" on alpha timeout 60 ocf-tester -n shares -o clusterarpctl="$CLUSTERARPCTL" \
	-o socket="$(socket_of alpha)" -o drain_timeout=2 "$AGENT"
expect_rc 0 "ocf-tester, with a weight" on alpha timeout 60 ocf-tester -n shares \
	-o clusterarpctl="$CLUSTERARPCTL" -o socket="$(socket_of alpha)" -o drain_timeout=2 -o weight=3 "$AGENT"

say "actions"
says $RUNNING start
expect "the wish" null "$(wish)"
says $RUNNING monitor
says $RUNNING start weight=7
expect "the wish" 7 "$(wish)"
says $RUNNING reload-agent weight=9
expect "the wish" 9 "$(wish)"
says $RUNNING monitor weight=9
order alpha=0 beta
says $RUNNING stop drain_timeout=5
expect "the wish" 0 "$(wish)"
says $NOT_RUNNING monitor
INTERVAL=0 says $NOT_RUNNING monitor
says $RUNNING start
order alpha beta

say "a stop with connections that go on: as long as it may take, and no failure"
hold held "$CLUSTER4" 40
order alpha=0 beta
begun=$(now_ms)
says $RUNNING stop drain_timeout=2
expect_num "it has waited, ms" $(($(now_ms) - begun)) ">=" 2000
begun=$(now_ms)
says $RUNNING stop drain_timeout=20 CRM_meta_timeout=5000
expect_num "not longer than pacemaker would, ms" $(($(now_ms) - begun)) "<" 5000
says $NOT_RUNNING monitor
expect_held "connections" held 0
hold_stop held

say "parameters"
for setting in weight=0 weight=101 weight=many weight=-1 drain_timeout=0 drain_timeout=soon drain_timeout=; do
	says $CONFIGURED validate-all "$setting"
	says $CONFIGURED start "$setting"
done
says $RUNNING validate-all weight=100 drain_timeout=1
says 5 validate-all clusterarpctl=/nowhere
says $UNKNOWN dance

say "the file gives alpha the weight 0: it takes clients only when the resource has started"
lab_stop alpha
lab_config shares=driven alpha.weight=0
rm -rf /run/clusterarpd/alpha
lab_start alpha
INTERVAL=0 says $NOT_RUNNING monitor
says $CONFIGURED start
says $RUNNING start weight=1
says $RUNNING monitor weight=1
lab_kill alpha
lab_start alpha
INTERVAL=0 says $RUNNING monitor weight=1

say "another mode"
lab_stop alpha
lab_config shares=static
lab_start alpha
says $CONFIGURED validate-all
says $CONFIGURED start
INTERVAL=0 says $NOT_RUNNING monitor
says $RUNNING stop

say "no daemon"
lab_stop alpha
says $NOT_RUNNING monitor
INTERVAL=0 says $NOT_RUNNING monitor
says $RUNNING stop
says $RUNNING validate-all
lab_stop beta
