#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reloads under load, one in ten of them of a file that is broken: nothing is lost, nothing is left over.
# The control: the daemon is ended and started instead.
# run: whole
# run: alone

# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$(dirname "$0")/faults.sh"

lab_nodes 3 family=46
# shellcheck disable=SC2119 # without settings
lab_config
FILE=$LAB_DIR/alpha.conf
cp "$LAB_CONF" "$LAB_DIR/three"
sed '/^\[node gamma\]/,$d' "$LAB_CONF" >"$LAB_DIR/two"
sed 's/^address.*12.12.4.102.*/address = nonsense/' "$LAB_CONF" >"$LAB_DIR/broken"
cp "$LAB_CONF" "$FILE"
lab_launch alpha "$CLUSTERARPD" -c "$FILE" -n alpha -s "$(socket_of alpha)"
lab_start beta
lab_start gamma
lab_settle
expect_reach alpha beta
RELOADS=$(whole 1000 100)

refused=0 applied=0
reloads() {
	local i
	for ((i = 1; i <= RELOADS; i++)); do
		case $((i % 10)) in
		0) cp "$LAB_DIR/broken" "$FILE" ;;
		5) cp "$LAB_DIR/two" "$FILE" ;;
		*) cp "$LAB_DIR/three" "$FILE" ;;
		esac
		if "$CLUSTERARPCTL" -s "$(socket_of alpha)" reload >/dev/null 2>&1; then
			applied=$((applied + 1))
		else
			refused=$((refused + 1))
		fi
		[ "$i" != 20 ] || first=$(memory_kib alpha)
	done
}
fds=$(descriptors alpha)
pings_begin alpha 12.12.4.102
reloads
pings_end "$RELOADS reloads" 100
read -r _ lost twice < <(ping_answers "$LAB_DIR/ping")
row "reloads: applied, of $RELOADS" "$applied" "==" $((RELOADS * 9 / 10))
row "reloads: refused" "$refused" "==" $((RELOADS / 10))
row "reloads: pings lost or answered twice" $((lost + twice)) "==" 0
row "reloads: descriptors more" $(($(descriptors alpha) - fds)) "==" 0
[ -n "$LAB_SLOW" ] || row "reloads: memory, KiB more since the 20th" $(($(memory_kib alpha) - first)) "<=" 512
cp "$LAB_DIR/three" "$FILE"
ctl alpha reload >/dev/null
expect_reach alpha gamma

pings_begin alpha 12.12.4.102
lab_kill alpha
lab_launch alpha "$CLUSTERARPD" -c "$FILE" -n alpha -s "$(socket_of alpha)"
pings_end "a start instead" 100 10000
read -r _ lost twice < <(ping_answers "$LAB_DIR/ping")
control "a crash and a start instead of a reload: pings lost or answered twice" $((lost + twice)) "==" 0

# What valgrind says at the end. It does not know what bpf(2) writes, so it cannot tell what is undefined.
lab_stop_all
[ -n "$FAULTS_SHORT" ] || {
	mkdir -p /run/clusterarpd/alpha
	ip netns exec alpha valgrind --leak-check=full --undef-value-errors=no --track-fds=yes --error-exitcode=99 --suppressions="$FAULTS_TOP/valgrind.supp" --log-file="$LAB_DIR/valgrind" \
		"$CLUSTERARPD" -c "$FILE" -n alpha -s "$(socket_of alpha)" >"$LAB_DIR/alpha.log" 2>&1 &
	LAB_PID[alpha]=$!
	within "$(seconds 60)" lab_up alpha || fail "no daemon under valgrind: $(tail "$LAB_DIR/valgrind")"
	lab_start beta
	RELOADS=50 applied=0 refused=0
	reloads
	row "reloads under valgrind: applied, of 50" "$applied" "==" 45
	kill -TERM "${LAB_PID[alpha]}"
	wait "${LAB_PID[alpha]}" || fail "under valgrind: exit status $?: $(tail -n 30 "$LAB_DIR/valgrind")"
	row "valgrind: bytes lost" "$(sed -n 's/.*definitely lost: \([0-9,]*\) bytes.*/\1/p' "$LAB_DIR/valgrind" | tr -d ,)" "==" 0
	row "valgrind: descriptors open at the end, but for inherited ones" \
		$(($(grep -c 'Open .*file descriptor\|Open .*socket' "$LAB_DIR/valgrind") - $(grep -c '<inherited from parent>' "$LAB_DIR/valgrind"))) "==" 0
}
