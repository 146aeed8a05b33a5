# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# pace.sh: how slow this machine is, for time limits that scale with it. Sourced by the runner and by
# lab.sh.

# measure_pace: prints how many times longer than usual it takes to start a program now: 1 to 30. Usual
# are up to 5 ms each, what a busy machine with two cores needs. An emulated machine is 5 to 30 times
# slower; with other work on it, it is slower still.
measure_pace() {
	local from to
	read -r from _ </proc/uptime
	for _ in {1..20}; do /bin/true; done
	read -r to _ </proc/uptime
	from=$((10#${from/./})) to=$((10#${to/./})) # in 10 ms
	local pace=$(((to - from + 9) / 10))
	echo $((pace < 1 ? 1 : pace > 30 ? 30 : pace))
}
