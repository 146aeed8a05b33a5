# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A start that fails is tried again less and less often, and succeeds once its cause is gone. A crash
# is answered at once, also after many restarts.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

systemd-sysusers
network
configure

milliseconds() { echo $(($(date +%s%N) / 1000000)); }
answers() { clusterarpctl status >/dev/null 2>&1; }

# The first start fails at once: somebody waits for it.
ip link add cluster0 type veth peer name other0
start=$(milliseconds)
! systemctl start clusterarpd 2>/dev/null || fail "the service starts, although its TAP's name is taken"
took=$(($(milliseconds) - start))
[ "$took" -lt 2000 ] || fail "the first start fails only after $took ms"
ok "the first start fails after $took ms"

# Without a back-off there are 3 or more restarts a second.
sleep 12
restarts=$(property NRestarts)
if [ "$restarts" -lt 3 ] || [ "$restarts" -gt 7 ]; then
	fail "expected 3 to 7 restarts in 12 s, saw $restarts"
fi
ok "restarts in 12 s: $restarts"
journalctl -u clusterarpd -o cat --no-pager | grep -q '^cannot start; the next try is in 1.6 s$' ||
	fail "the journal does not tell when the next try is"

# A stop does not wait for the next try, and is none of its failures.
within 10 test "$(property StatusText)" || fail "no status while it waits"
expect "status while it waits" "cannot start; the next try is in" "$(property StatusText | grep -o '.* in')"
start=$(milliseconds)
systemctl stop clusterarpd
took=$(($(milliseconds) - start))
[ "$took" -lt 1500 ] || fail "a stop takes $took ms while the daemon waits"
expect "state after a stop, $took ms" inactive "$(systemctl is-active clusterarpd || true)"

# Once the cause is gone the service comes up by itself; nobody starts it.
! systemctl start clusterarpd 2>/dev/null || fail "the service starts, although its TAP's name is taken"
sleep 3
ip link del cluster0
within 10 answers || fail "the service does not come up after the cause of the failure is gone"
ok "restarts until the cause was gone: $(property NRestarts)"

# Crashes do not slow down: with a delay that doubles, as after failed starts, it would be 3 s at the fifth.
for i in 1 2 3 4 5 6 7 8; do
	old=$(pid)
	anew() { [ "$(pid)" != "$old" ] && [ "$(pid)" != 0 ] && answers; }
	start=$(milliseconds)
	kill -KILL "$old"
	within 5 anew || fail "after crash $i the daemon does not come back"
	took=$(($(milliseconds) - start))
	[ "$took" -lt 3000 ] || fail "crash $i: back only after $took ms"
done
ok "crash 8, restart $(property NRestarts): back after $took ms"
