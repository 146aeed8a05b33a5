# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The service from start to stop, with exactly the unit that is installed.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

systemd-sysusers
network
configure
clusterarpd -t >/tmp/resolved || fail "the configuration is refused"
start_beta
sleep 3 # IPv6 addresses leave the tentative state
snapshot >/tmp/before

systemctl enable --now clusterarpd 2>/dev/null || fail "systemctl enable --now clusterarpd"
expect "state" active "$(systemctl is-active clusterarpd)"
expect "STATUS" "node alpha on eth0, 1 peer" "$(property StatusText)"
expect "user" clusterarpd "$(ps -o user= -p "$(pid)")"
expect "capabilities" "000000c000003000" "$(awk '/^CapEff/ { print $2 }' "/proc/$(pid)/status")"
systemd-analyze security --threshold=15 clusterarpd.service >/tmp/security ||
	fail "exposure: $(tail -n 2 /tmp/security)"
ok "exposure: $(grep -o 'level.*' /tmp/security)"
expect "clusterarpctl reaches the daemon" alpha "$(clusterarpctl -j status | jq -r .node)"
expect "mode and owner of the control socket" "660 clusterarpd clusterarpd" \
	"$(stat -c '%a %U %G' /run/clusterarpd/control.sock)"
expect_pings "as a service"
expect_tcp "as a service"
expect "priorities in the journal" 5 \
	"$(journalctl -u clusterarpd -o json --no-pager | jq -r 'select(.MESSAGE == "node alpha on eth0, 1 peer").PRIORITY')"

# A crash: systemd starts the daemon again, on top of what the crashed one left.
old=$(pid)
kill -KILL "$old"
anew() { [ "$(pid)" != "$old" ] && [ "$(pid)" != 0 ] && reaches 12.12.4.102; }
within 5 anew || fail "after a crash alpha does not come back"
expect_pings "after a crash"

# A daemon that hangs is ended by the watchdog.
mkdir -p /run/systemd/system/clusterarpd.service.d
printf '[Service]\nWatchdogSec=1\n' >/run/systemd/system/clusterarpd.service.d/test.conf
systemctl daemon-reload
systemctl restart clusterarpd
sleep 2
expect "state with the watchdog" active "$(systemctl is-active clusterarpd)"
old=$(pid)
kill -STOP "$old"
within 10 anew || fail "the watchdog does not end a daemon that hangs"
expect_pings "after the watchdog"
rm -r /run/systemd/system/clusterarpd.service.d
systemctl daemon-reload
systemctl restart clusterarpd
expect_pings "after a restart"

systemctl stop clusterarpd
expect "state after stop" inactive "$(systemctl is-active clusterarpd || true)"
expect "result" success "$(property Result)"
snapshot >/tmp/after
diff -u /tmp/before /tmp/after || fail "a clean stop leaves something behind"
ok "a clean stop restores the previous state"
expect "files left in the runtime directory" "" "$(ls /run/clusterarpd)"

# An invalid file does not become valid by itself: no restarts. (Nor does the file get a missing
# node.)
sed -i 's/^address/adress/' /etc/clusterarpd/clusterarpd.conf
! systemctl start clusterarpd 2>/dev/null || fail "an invalid file is accepted"
sleep 1
expect "exit status with an invalid file" 1 "$(property ExecMainStatus)"
expect "restarts with an invalid file" 0 "$(property NRestarts)"
journalctl -u clusterarpd --no-pager | grep -q "did you mean 'address'?" ||
	fail "the journal does not name the mistake"
ok "the journal names the mistake"

# A second cluster on a second NIC, served by an instance.
second_cluster eth1
systemctl start clusterarpd@second || fail "clusterarpd@second does not start"
expect "the instance" cluster1 "$(clusterarpctl -i second -j status | jq -r .cluster.tap)"
ip -n out addr add 12.12.5.200/24 dev eth0
within 5 reaches 12.12.5.200 || fail "the instance carries no traffic"
systemctl stop clusterarpd
expect "the instance still answers after the other daemon stopped" cluster1 \
	"$(clusterarpctl -i second -j status | jq -r .cluster.tap)"
systemctl stop clusterarpd@second
expect "its TAP is gone" "" "$(ip -br link show dev cluster1 2>/dev/null || true)"
