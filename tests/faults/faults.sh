# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# faults.sh: the lab of the fault suite. Beside what tests/netns/lab.sh has:
#
#   row WHAT FIGURE OP LIMIT       a figure of the suite's table, and its limit; the test fails if it
#                                  is not kept
#   row_is WHAT FIGURE PATTERN     likewise, of words
#   control WHAT FIGURE OP LIMIT   the same with the mechanism off: it must miss the limit of its row
#
# FAULTS_TABLES: a directory; the rows go to a file in it. FAULTS_SHORT=1: the short form, for `quickstart check`.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lab.sh"
FAULTS_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FAULTS_TABLE=${FAULTS_TABLES:-$LAB_DIR}/$(basename "$0" .sh).$LAB_DATAPATH
: >"$FAULTS_TABLE"
: "${FAULTS_SHORT:=}"

# whole WHOLE SHORT: prints the one or the other.
whole() { if [ -n "$FAULTS_SHORT" ]; then echo "$2"; else echo "$1"; fi; }

note() { printf '| %s | %s | %s | %s |\n' "$LAB_DATAPATH" "$1" "$2" "$3" >>"$FAULTS_TABLE"; }

row() {
	[[ $2 =~ ^-?[0-9.]+$ ]] || fail "$1: no figure: $2"
	note "$1" "$2" "$3 $4"
	expect_num "$1" "$2" "$3" "$4"
}
# row_is WHAT FIGURE PATTERN: likewise, of words.
row_is() {
	note "$1" "$2" "$3"
	[[ $2 =~ ^($3)$ ]] || fail "$1: expected $3, saw $2"
	ok "$1: $2"
}
control() {
	[[ $2 =~ ^-?[0-9.]+$ ]] || fail "$1: no figure: $2"
	note "$1" "$2" "not $3 $4"
	awk -v a="$2" -v b="$4" "BEGIN { exit a + 0 $3 b + 0 }" || fail "$1: $2, as if it were on"
	ok "$1: $2"
}

# c_program NAME: builds NAME.c; the program is $LAB_DIR/NAME.
c_program() {
	"${CC:-cc}" -O2 -D_GNU_SOURCE -o "$LAB_DIR/$1" "$FAULTS_TOP/$1.c"
}

# lost_percent FILE: of the output of one ping that has come to its end: how many pings were not answered, but
# for two that may have been on their way.
lost_percent() {
	awk '/DUP!/ { next } /icmp_seq=.*time=/ { n++ } / packets transmitted/ { sent = $1 }
		END { lost = sent - n - 2; printf "%.2f\n", sent ? 100 * (lost > 0 ? lost : 0) / sent : 100 }' "$1"
}

cpu_ms() {
	local utime stime rest
	rest=$(sed 's/.*) //' "/proc/${LAB_PID[$1]}/stat")
	read -r _ _ _ _ _ _ _ _ _ _ _ utime stime _ <<<"$rest"
	echo $(((utime + stime) * 10))
}
memory_kib() { awk '/^VmRSS/ { print $2 }' "/proc/${LAB_PID[$1]}/status"; }
descriptors() { find "/proc/${LAB_PID[$1]}/fd" -mindepth 1 | wc -l; }
log_lines() { wc -l <"$LAB_DIR/$1.log"; }
