# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# systemctl reload waits for the daemon's result, and fails if the daemon refuses the file. The
# journal has the reason, and the daemon keeps its configuration.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

CONF=/etc/clusterarpd/clusterarpd.conf
systemd-sysusers
network
configure
start_beta
systemctl start clusterarpd || fail "systemctl start clusterarpd"
expect_pings "at first"
first=$(pid)

# reload_rc UNIT: the exit status of systemctl reload, in bounded time.
reload_rc() {
	local rc=0
	timeout -k 1 10 systemctl reload "$1" >/tmp/reload 2>&1 || rc=$?
	echo "$rc"
}
peer_names() { clusterarpctl -j peers | jq -r '.peers[].name' | sort | xargs; }
generation() { clusterarpctl -j status | jq -r .config_generation; }
journal_has() { journalctl -u clusterarpd --no-pager -o cat | grep -q "$1"; }

# expect_going_on WHAT STATUS: the same process still runs, with this StatusText.
expect_going_on() {
	expect "$1: state" "active running" "$(property ActiveState) $(property SubState)"
	expect "$1: process" "$first" "$(pid)"
	expect "$1: STATUS" "$2" "$(property StatusText)"
	expect "$1: result" success "$(property Result)"
	expect_pings "$1"
}

# expect_refused WHAT JOURNAL: a reload of the current file is refused.
expect_refused() {
	local before after rc
	before=$(clusterarpctl -j config)
	rc=$(reload_rc clusterarpd)
	[ "$rc" -ne 0 ] || fail "$1: systemctl reload succeeds"
	ok "$1: exit status of systemctl reload: $rc"
	within 5 journal_has "$2" || fail "$1: the journal does not say '$2'"
	ok "$1: the journal says $2"
	after=$(clusterarpctl -j config)
	expect "$1: the configuration in effect" "$before" "$after"
}

cp "$CONF" /tmp/two.conf
{
	cat "$CONF"
	printf '\n[node gamma]\naddress = 12.12.4.103/24\n'
} >/tmp/three.conf

on out ping -n -i 0.01 -c 1500 -W 2 12.12.4.101 >/tmp/ping 2>&1 &
pinging=$!
cp /tmp/three.conf "$CONF"
expect "a third node: exit status" 0 "$(reload_rc clusterarpd)"
expect "peers when systemctl returns" "beta gamma" "$(peer_names)"
expect "configuration generation" 2 "$(generation)"
expect_going_on "a third node" "node alpha on eth0, 2 peers"

sed 's/^interface/interfaze/' /tmp/two.conf >"$CONF"
expect_refused "a misspelt key" "$CONF:2: .*did you mean 'interface'"
expect_going_on "after a misspelt key" "node alpha on eth0, 2 peers"
sed 's/12.12.4.100/12.12.4.99/' /tmp/two.conf >"$CONF"
expect_refused "another cluster address" "$CONF: needs a restart: .*addresses"
rm "$CONF"
expect_refused "no file" "$CONF:.*cannot open it"
# A file that the daemon's user cannot read: the daemon reads it, not root's clusterarpctl.
cp /tmp/two.conf "$CONF"
chmod 600 "$CONF"
expect_refused "a file that only root can read" "$CONF:.*cannot open it: Permission denied"
expect_going_on "after all refusals" "node alpha on eth0, 2 peers"
expect "peers after all refusals" "beta gamma" "$(peer_names)"

chmod 644 "$CONF"
expect "a good file after bad ones: exit status" 0 "$(reload_rc clusterarpd)"
expect "peers after a good file" beta "$(peer_names)"
expect "configuration generation" 3 "$(generation)"
expect_going_on "a good file after bad ones" "node alpha on eth0, 1 peer"

# The same by SIGHUP.
cp /tmp/three.conf "$CONF"
kill -HUP "$first"
loaded() { [ "$(generation)" = 4 ]; }
within 5 loaded || fail "SIGHUP: configuration generation $(generation)"
expect_going_on "SIGHUP" "node alpha on eth0, 2 peers"
wait "$pinging" || fail "pings: $(tail -n 3 /tmp/ping)"
expect "pings during all reloads" "1500 packets transmitted, 1500 received, 0% packet loss" \
	"$(grep -o '1500 packets.*loss' /tmp/ping)"

# A restart keeps the TAP: the file is the one that was loaded last.
tap() { cat /sys/class/net/cluster0/ifindex; }
before=$(tap)
systemctl restart clusterarpd || fail "restart after reloads"
expect "the TAP device after a restart" "$before" "$(tap)"
expect "peers after a restart" "beta gamma" "$(peer_names)"

# An instance has its own file and socket.
second_cluster eth1
systemctl start clusterarpd@second || fail "systemctl start clusterarpd@second"
printf '\n[node gamma]\naddress = 12.12.5.103/24\n' >>/etc/clusterarpd/second.conf
expect "an instance: exit status" 0 "$(reload_rc clusterarpd@second)"
expect "an instance: peers" "beta gamma" \
	"$(clusterarpctl -i second -j peers | jq -r '.peers[].name' | sort | xargs)"
echo nonsense >>/etc/clusterarpd/second.conf
rc=$(reload_rc clusterarpd@second)
[ "$rc" -ne 0 ] || fail "an instance: an invalid file is accepted"
ok "an instance, an invalid file: exit status $rc"
expect "an instance, an invalid file: state" active "$(systemctl is-active clusterarpd@second)"

for unit in clusterarpd.service clusterarpd@second.service; do
	systemd-analyze verify --man=no "$unit" >/tmp/verify 2>&1 || fail "$unit: $(cat /tmp/verify)"
	! grep -i clusterarpd /tmp/verify || fail "$unit: systemd-analyze verify complains"
	ok "$unit: systemd-analyze verify finds no problem"
done
systemctl stop clusterarpd clusterarpd@second
expect "result" success "$(property Result)"
