# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# outage.sh: how long traffic is interrupted, for the tests that source it after lab.sh.

# clock: the time in ms, more exactly than now_ms.
clock() { echo $((${EPOCHREALTIME/./} / 1000)); }
# soon MS COMMAND…: repeats the command until it succeeds; false if one that began after MS did not.
soon() {
	local end=$(($(clock) + $1)) began
	shift
	while began=$(clock) && ! "$@"; do [ "$began" -lt "$end" ] || return 1; done
}
# answered HOST ADDRESS: the time of the first answered ping.
answered() {
	# shellcheck disable=SC2016
	on "$1" timeout "$(seconds 5)" bash -c '
		until ping -n -c 1 -W 0.05 "$0" >/dev/null 2>&1; do :; done
		echo $((${EPOCHREALTIME/./} / 1000))' "$2" || fail "$1 does not reach $2 any more"
}
# spread FILE: minimum/median/maximum of the numbers in it.
spread() { sort -n "$1" | awk '{ n[NR] = $1 } END { print n[1] "/" n[int((NR + 1) / 2)] "/" n[NR] }'; }
