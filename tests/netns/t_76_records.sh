#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The record of the state before the start (SPEC 5), after a crash. If it is lost or garbled, the
# daemon still recognises the shield that was left as its own: filters, as links do not outlast a
# process that has no service manager. A record of another network namespace is ignored.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
lab_config
lab_preload no_tcx
RECORD=$(socket_of alpha).eth0.json
said() { grep -Eq -- "$1" "$LAB_DIR/alpha.log"; }

# start_and_stop WHAT: afterwards the NIC is as in the file "before".
start_and_stop() {
	lab_start alpha
	expect_reach out alpha
	expect "$1: the shield's programs" 1/1 "$(lab_attached alpha eth0)"
	lab_stop alpha
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "$1" "$LAB_DIR/before" "$LAB_DIR/after"
	[ ! -e "$RECORD" ] || fail "$1: the record is left"
}
crash() {
	lab_start alpha
	jq -e . "$RECORD" >/dev/null || fail "no record: $(cat "$RECORD")"
	lab_kill alpha
	: >"$LAB_DIR/alpha.log"
}

lab_snapshot alpha >"$LAB_DIR/before"
crash
start_and_stop "the record unchanged"
said 'taking over what an earlier run left' || fail "no log line about the crash"
crash
rm "$RECORD"
start_and_stop "the record removed"
for garbage in '' '{' '[]' '{"ifindex": "eth0"}' '{"ifindex": 1e99, "netns": null}' $'\xff\xfe'; do
	crash
	printf '%s' "$garbage" >"$RECORD"
	start_and_stop "the record garbled: $(printf %q "$garbage")"
done
crash
head -c 20 "$RECORD" >"$RECORD.cut"
mv "$RECORD.cut" "$RECORD"
start_and_stop "the record cut off"
crash
lab_start alpha
lab_kill alpha
start_and_stop "two crashes"

# A daemon that lost its record leaves an operator's clsact and filter in place.
on alpha tc qdisc add dev eth0 clsact
on alpha tc filter add dev eth0 ingress prio 10 protocol ip u32 match u32 0 0 flowid 1:1
lab_snapshot alpha >"$LAB_DIR/before"
crash
rm "$RECORD"
start_and_stop "the record removed, an operator's filter"
on alpha tc qdisc del dev eth0 clsact

# A container's successor: the same paths and numbers, another namespace.
crash
jq '.netns += 1 | .was_up = false' "$RECORD" >"$RECORD.other"
on alpha tc qdisc del dev eth0 clsact
on alpha tc qdisc add dev eth0 clsact
lab_snapshot alpha >"$LAB_DIR/before"
mv "$RECORD.other" "$RECORD"
start_and_stop "a record of another network namespace"
! said 'taking over what an earlier run left' || fail "the record is used: $(cat "$LAB_DIR/alpha.log")"
