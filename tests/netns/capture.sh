# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# capture.sh: captures of clusterarpctl, for the tests that source it after lab.sh. SOCKET: of the
# daemon.

command -v tshark >/dev/null || fail "no tshark"

# ctl_capture FILE [OPTION…]: captures in the background, until it ends or until ctl_capture_end.
# (Not through a function in the background, so that the process is the program itself.)
CAPTURE=
ctl_capture() {
	local file=$1
	shift
	rm -f "$file"
	"$CLUSTERARPCTL" -s "$SOCKET" capture -w "$file" "$@" >/dev/null 2>"$file.err" </dev/null &
	CAPTURE=$!
	within "$(seconds 5)" test -s "$file" || fail "nothing is captured: $(cat "$file.err")"
}
ended() { ! kill -0 "$CAPTURE" 2>/dev/null; }
# ctl_capture_end FILE: ends it as Control-C does; the frames that have passed are in the file.
ctl_capture_end() {
	sleep 0.2
	ended || kill -INT "$CAPTURE"
	ctl_capture_ended "$1"
}
ctl_capture_ended() {
	local rc=0
	within "$(seconds 10)" ended || fail "the capture does not end"
	wait "$CAPTURE" || rc=$?
	[ "$rc" -eq 0 ] || fail "capture: exit status $rc: $(cat "$1.err")"
	expect_valid "$1"
}
# tcpdump and tshark read the whole file, and find the same number of frames.
expect_valid() {
	local n
	timeout 60 tcpdump -n -e -r "$1" >"$1.txt" 2>"$LAB_DIR/output" || fail "tcpdump: $(cat "$LAB_DIR/output")"
	! grep -qi 'bad\|truncated\|error' "$LAB_DIR/output" || fail "tcpdump: $(cat "$LAB_DIR/output")"
	n=$(fields "$1" '' frame.number | wc -l)
	expect "frames in ${1##*/}, by tcpdump and tshark" "$n" "$(grep -c "^[^[:space:]]" "$1.txt")"
	grep -Eq " captured, $n records?(,|\$)" "$1.err" || fail "capture of $n frames says: $(cat "$1.err")"
}
# What clusterarpctl says at the end: frames, records, records lost, frames that were not captured.
ctl_capture_frames() { sed -n 's/^\([0-9]*\) frames\? captured.*/\1/p' "$1.err"; }
ctl_capture_records() { sed -n 's/.* captured, \([0-9]*\) record.*/\1/p' "$1.err"; }
ctl_capture_lost() { sed -n 's/.* records\?, \([0-9]*\) lost$/\1/p' "$1.err" | grep . || echo 0; }
ctl_capture_missed() { sed -n 's/^\([0-9]*\) frames\? w[a-z]* not captured: too slow$/\1/p' "$1.err" | grep . || echo 0; }
# fields FILE FILTER FIELD…: prints the fields of each frame. (With spaces between them tshark 4.4 would escape
# those within.)
fields() {
	local file=$1 filter=$2 field arguments=()
	shift 2
	for field in "$@"; do arguments+=(-e "$field"); done
	timeout 100 tshark -n -r "$file" ${filter:+-Y "$filter"} -T fields -E occurrence=f \
		"${arguments[@]}" >"$LAB_DIR/tshark.out" 2>"$LAB_DIR/tshark.err" || fail "tshark: $(cat "$LAB_DIR/tshark.err")"
	! grep -v 'Running as user' "$LAB_DIR/tshark.err" | grep . || fail "tshark prints errors"
	tr '\t' ' ' <"$LAB_DIR/tshark.out"
}
