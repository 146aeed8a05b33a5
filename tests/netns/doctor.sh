# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# doctor.sh: what the tests of the doctor share: it is run on networks that are wrong in each way that it
# names, one at a time, and has to find and name each, and nothing on a good network.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

LIMIT_MS=10000

# doctor NODE [OPTIONS]: takes longer than ctl() waits.
doctor() { timeout -k 1 "$(seconds 20)" "$CLUSTERARPCTL" -s "$(socket_of "$1")" "${@:2}" doctor; }
# examine NODE: its findings, PEER:ID each, sorted. The exit status agrees with them.
examine() {
	local rc=0 from
	from=$(now_ms)
	doctor "$1" -j >"$LAB_DIR/doctor" 2>"$LAB_DIR/output" || rc=$?
	expect_num "$1: ms" "$(($(now_ms) - from))" "<=" "$(seconds "$LIMIT_MS")" >>"$LAB_DIR/times"
	jq -r '.doctor.findings[] | "\(.peer // ""):\(.id)"' "$LAB_DIR/doctor" >"$LAB_DIR/found" ||
		fail "$1: no result: $(cat "$LAB_DIR/doctor" "$LAB_DIR/output")"
	[ "$rc" = "$([ -s "$LAB_DIR/found" ] && echo 1 || echo 0)" ] ||
		fail "$1: exit status $rc, findings: $(cat "$LAB_DIR/found")"
	sort "$LAB_DIR/found" | paste -sd ' '
}
# expect_found WHAT NODE FINDINGS: a second and a third try are only for frames that were lost, as they are on a
# busy machine.
expect_found() {
	local found try
	for try in 1 2 3; do
		found=$(examine "$2")
		[[ $found == *:loss* && $3 != *:loss* ]] || break
		say "$1: $2: try $try found '$found'"
	done
	[ "$found" = "$3" ] || fail "$1: $2 found '$found', not '$3': $(cat "$LAB_DIR/doctor")"
	ok "$1: $2: ${3:-nothing is wrong}"
}

port() { bridge -n sw link set dev "p_$1" "${@:2}"; }
# firewall RULE: on the switch; firewall_off
firewall() {
	on sw nft -f - <<-END
		table bridge filter {
			chain forward {
				type filter hook forward priority 0
				$1
			}
		}
	END
}
firewall_off() { on sw nft delete table bridge filter; }
# restart NODE CONFIG [RUNS-AS]: with another file
restart() {
	lab_stop "$1"
	LAB_CONF=$2 lab_start "$1"
}
