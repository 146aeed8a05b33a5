#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wrong uses of the shares (SPEC 11), in commands and in the file, are refused with a line that says why.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/shares.sh"

# refused WHAT PATTERN ARGUMENTS: exit status 1, one line of text that matches; nothing has changed.
refused() {
	local what=$1 pattern=$2 before
	shift 2
	before=$(share alpha 'del(.lease_ms, .asking)') # which change by themselves
	expect_rc 1 "$what" ctl alpha shares "$@"
	expect "$what: lines" 1 "$(wc -l <"$LAB_DIR/output")"
	grep -qiE "$pattern" "$LAB_DIR/output" || fail "$what: /$pattern/ is not in: $(cat "$LAB_DIR/output")"
	expect "$what: the shares" "$before" "$(share alpha 'del(.lease_ms, .asking)')"
}
# misused WHAT ARGUMENTS: a usage error, which clusterarpctl finds itself.
misused() {
	local what=$1
	shift
	expect_rc 2 "$what" ctl alpha shares "$@"
	[ -s "$LAB_DIR/output" ] || fail "$what: nothing is said"
}
set_refused() { refused "$1" "$2" set --epoch "$3" --ttl "${@:4}"; }
set_misused() { misused "$1" set --epoch "$2" --ttl "${@:3}"; }

lab_nodes 3
lab_config shares=driven
lab_start_all

say "orders"
set_refused "an unknown node" 'delta' 5 60 alpha delta
set_refused "an unknown dead node" 'delta' 5 60 alpha --dead delta
set_misused "a node twice" 5 60 alpha alpha=2
set_refused "a node both alive and dead" 'alpha' 5 60 alpha beta --dead alpha
set_misused "no node" 5 60 --dead alpha
set_misused "a weight above 100" 5 60 alpha=101
set_misused "a negative weight" 5 60 alpha=-1 beta
set_misused "a weight that is no number" 5 60 alpha=much
set_misused "epoch 0" 0 60 alpha
set_refused "a lease of 0 s" 'ttl|lease' 5 0 alpha
set_misused "a negative lease" 5 -3 alpha
set_refused "a lease of more than a day" 'ttl|lease' 5 86401 alpha
EPOCH=6
order alpha beta gamma
expect "epoch" 7 "$(share alpha .epoch)"
set_refused "an older epoch" 'epoch' 6 60 alpha beta gamma
set_refused "another order of the same epoch" 'epoch' 7 60 alpha beta
set_refused "other weights in the same epoch" 'epoch' 7 60 alpha=2 beta gamma
order_tell alpha alpha beta gamma
ok "the same order again: taken"
refused "released: an unknown node" 'delta' released --epoch 7 delta
ctl alpha shares set --epoch 8 --ttl forever alpha=2 beta >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect "a lease without end" null "$(share alpha .lease_ms)"
ctl alpha shares set --epoch 9 --ttl 2.5 alpha=2 beta >"$LAB_DIR/output" 2>&1 || fail "$(cat "$LAB_DIR/output")"
expect_num "a lease of 2.5 s, ms" "$(share alpha .lease_ms)" "<=" 2500
for node in alpha beta gamma; do
	want=$(case $node in alpha) echo 2 ;; beta) echo 1 ;; gamma) echo null ;; esac)
	[ "$node" = gamma ] || expect "$node's weight" "$want" "$(share_node alpha "$node" .weight)"
done
expect "gamma, which the order leaves out" gone "$(share_node alpha gamma .state)"

say "wishes, and questions"
misused "a wish above 100" weight 101
misused "shares of a name" of example.net
misused "shares of a port above 65535" of 192.0.2.7:65536
misused "no such word" steal
misused "set without an epoch" set --ttl 3 alpha
misused "set without a lease" set --epoch 3 alpha
misused "weight without a number" weight
misused "of without an address" of

say "drain: waits for a driver"
ctl alpha shares drain >"$LAB_DIR/output" 2>&1 || fail "drain: $(cat "$LAB_DIR/output")"
[ -s "$LAB_DIR/output" ] || fail "drain does not say what it waits for"
expect "alpha's wish" 0 "$(share alpha .wish)"
expect_rc 1 "drain --wait, without a driver" ctl alpha shares drain --wait 1
EPOCH=9
order alpha=0 beta gamma
expect_rc 0 "drain --wait, once the driver has drained it" \
	"$CLUSTERARPCTL" -s "$(socket_of alpha)" shares drain --wait "$(seconds 8)"
expect "alpha's state" drained "$(share_node alpha alpha .state)"
ctl alpha shares resume >/dev/null || fail "resume"
expect "alpha's wish" null "$(share alpha .wish)"

say "shares = static"
lab_config shares=static
for node in "${LAB_NODES[@]}"; do ctl "$node" reload >/dev/null || fail "$node: reload"; done
set_refused "an order" 'static' 20 60 alpha beta
refused "drain" 'static' drain
refused "resume" 'static' resume
refused "weight" 'static' weight 3

say "shares = none"
lab_config
for node in "${LAB_NODES[@]}"; do ctl "$node" reload >/dev/null || fail "$node: reload"; done
for words in "set --epoch 20 --ttl 60 alpha" drain resume "weight 3" "of 192.0.2.7"; do
	# shellcheck disable=SC2086 # words
	expect_rc 1 "$words" ctl alpha shares $words
	grep -q none "$LAB_DIR/output" || fail "$words: $(cat "$LAB_DIR/output")"
done
on out ping -n -c 2 -i 0.2 -W "$LAB_REPLY" "$LAB_CLUSTER_IP" >"$LAB_DIR/ping" || fail "$(cat "$LAB_DIR/ping")"
grep -q 'DUP!' "$LAB_DIR/ping" || fail "shares = none: not all nodes answer: $(cat "$LAB_DIR/ping")"
ok "shares = none: all nodes answer"

say "the file"
# file_says RC PATTERN SETTINGS
file_says() {
	local rc=$1 pattern=$2
	shift 2
	lab_config "$@"
	expect_rc "$rc" "the file with $*" "$CLUSTERARPD" -t -c "$LAB_CONF" -n alpha
	grep -qE "$pattern" "$LAB_DIR/output" || fail "the file with $*: /$pattern/ is not in: $(cat "$LAB_DIR/output")"
}
file_says 1 'error: .*shares' shares=drivem
file_says 1 'error: .*affinity' shares=static affinity=port
file_says 1 'error: .*weight' shares=static alpha.weight=101
file_says 1 'error: .*weight' shares=static alpha.weight=-1
file_says 1 'error: .*weight' shares=static alpha.weight=0 beta.weight=0 gamma.weight=0
file_says 0 weight shares=driven alpha.weight=0 beta.weight=0 gamma.weight=0
file_says 0 'warning: .*affinity' affinity=client
file_says 0 'warning: .*weight' alpha.weight=3
file_says 0 'shares' shares=driven alpha.weight=0

lab_stop_all
