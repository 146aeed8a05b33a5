# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The service from start to stop under exactly the unit that is installed.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

systemd-sysusers
network
configure
clusterarpd -t >/tmp/resolved || fail "the file as written is refused"
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
expect "clusterarpctl finds it" alpha "$(clusterarpctl -j status | jq -r .node)"
expect "mode and owner of the control socket" "660 clusterarpd clusterarpd" \
	"$(stat -c '%a %U %G' /run/clusterarpd/control.sock)"
expect_pings "as a service"
expect_tcp "as a service"
expect "priorities in the journal" 5 \
	"$(journalctl -u clusterarpd -o json --no-pager | jq -r 'select(.MESSAGE == "node alpha on eth0, 1 peer").PRIORITY')"

# A crash: systemd starts it anew, over the leftovers.
old=$(pid)
kill -KILL "$old"
anew() { [ "$(pid)" != "$old" ] && [ "$(pid)" != 0 ] && reaches 12.12.4.102; }
within 5 anew || fail "after a crash alpha does not come back"
expect_pings "after a crash"

# It hangs: the watchdog ends it.
mkdir -p /run/systemd/system/clusterarpd.service.d
printf '[Service]\nWatchdogSec=1\n' >/run/systemd/system/clusterarpd.service.d/test.conf
systemctl daemon-reload
systemctl restart clusterarpd
sleep 2
expect "signs of life" active "$(systemctl is-active clusterarpd)"
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
diff -u /tmp/before /tmp/after || fail "an orderly stop leaves something"
ok "an orderly stop leaves all as it was"
expect "files left in the runtime directory" "" "$(ls /run/clusterarpd)"

# A wrong file stays wrong: no restarts. So does a node that the file lacks.
sed -i 's/^address/adress/' /etc/clusterarpd/clusterarpd.conf
! systemctl start clusterarpd 2>/dev/null || fail "a wrong file is accepted"
sleep 1
expect "exit status with a wrong file" 1 "$(property ExecMainStatus)"
expect "restarts with a wrong file" 0 "$(property NRestarts)"
journalctl -u clusterarpd --no-pager | grep -q "did you mean 'address'?" ||
	fail "the journal does not tell what is wrong"
ok "the journal tells what is wrong"

# A cluster of its own on a second NIC, by an instance.
ip link add eth1 type veth peer name p_second netns sw
ip -n sw link set p_second master br0 up
cat >/etc/clusterarpd/second.conf <<-CONF
	[cluster]
	interface = eth1
	tap       = cluster1
	address   = 12.12.5.100/24

	[node alpha]
	address   = 12.12.5.101/24
CONF
systemctl start clusterarpd@second || fail "clusterarpd@second does not start"
expect "the instance" cluster1 "$(clusterarpctl -i second -j status | jq -r .cluster.tap)"
ip -n out addr add 12.12.5.200/24 dev eth0
within 5 reaches 12.12.5.200 || fail "the instance carries no traffic"
systemctl stop clusterarpd
expect "the instance answers on, whatever the other does" cluster1 \
	"$(clusterarpctl -i second -j status | jq -r .cluster.tap)"
systemctl stop clusterarpd@second
expect "its TAP is gone" "" "$(ip -br link show dev cluster1 2>/dev/null || true)"
