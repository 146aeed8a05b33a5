# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A host whose only address and default route are on the NIC (adopt = yes is the default): a TCP
# connection survives a start, restarts, a crash and a stop, and nothing is left behind. A restart
# that fails because the file is invalid leaves the host reachable through its NIC.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

systemd-sysusers
network
configure
start_beta
ip addr add 12.12.4.101/24 dev eth0
ip -n out addr add 198.51.100.1/32 dev lo
ip route add default via 12.12.4.200 metric 100
sleep 3 # IPv6 addresses leave the tentative state
snapshot >/tmp/before

ip netns exec out iperf3 -s -1 -D >/dev/null
sleep 0.3
iperf3 -J -t 30 -b 200M -c 198.51.100.1 >/tmp/tcp &
streaming=$!
sleep 1
systemctl start clusterarpd || fail "systemctl start clusterarpd"
expect_pings "at first"
expect "addresses left on the NIC" "" "$(ip -4 -br addr show dev eth0 | awk '{ print $3 }')"
on out ping -n -i 0.01 -c 200 -W 2 12.12.4.101 >/tmp/ping 2>&1 &
pinging=$!
sleep 0.3
systemctl restart clusterarpd || fail "systemctl restart clusterarpd"
wait "$pinging" || fail "pings: $(tail -n 3 /tmp/ping)"
expect "pings across a restart" "200 packets transmitted, 200 received, 0% packet loss" \
	"$(grep -o '200 packets.*loss' /tmp/ping)"

old=$(pid)
kill -KILL "$old"
anew() { [ "$(pid)" != "$old" ] && [ "$(pid)" != 0 ] && clusterarpctl status >/dev/null 2>&1; }
within 5 anew || fail "the daemon does not come back after a crash"
expect_pings "after a crash"

# An invalid file: systemd makes no second attempt, and closes the TAP's stored descriptor.
conf=/etc/clusterarpd/clusterarpd.conf
tap_is_gone() { ! ip link show dev cluster0 >/dev/null 2>&1; }
by_nic() {
	within 5 tap_is_gone || fail "$1: the TAP is still there"
	within 5 reaches 12.12.4.200 || fail "$1: alpha does not reach the outsider"
	within 5 on out ping -n -c 1 -W 1 12.12.4.101 >/dev/null || fail "$1: the outsider does not reach alpha"
	expect "$1: the outsider's entry for alpha" "$(cat /sys/class/net/eth0/address)" \
		"$(ip -n out -j neigh show 12.12.4.101 dev eth0 | jq -r '.[0].lladdr')"
	expect "$1: records" "" "$(find /run/clusterarpd -name '*.json')"
	# The announcements take the rest of this time, and addresses settle.
	sleep 2
	snapshot >/tmp/after
	diff -u /tmp/before /tmp/after || fail "$1: the previous state is not restored"
	ok "$1: the previous state is restored"
}
cp "$conf" "$conf.well"
sed -i 's/^interface/interfaces/' "$conf"
! systemctl restart clusterarpd || fail "the service starts with an invalid file"
expect "an invalid file: exit status" 1 "$(property ExecMainStatus)"
expect "an invalid file: state" failed "$(property ActiveState)"
by_nic "an invalid file"

# A crash; the file is invalid when systemd restarts the daemon.
cp "$conf.well" "$conf"
systemctl start clusterarpd || fail "the service does not start with the repaired file"
expect_pings "the repaired file"
expect "addresses left on the NIC" "" "$(ip -4 -br addr show dev eth0 | awk '{ print $3 }')"
sed -i 's/^interface/interfaces/' "$conf"
kill -KILL "$(pid)"
failed() { [ "$(property ActiveState)" = failed ]; }
within 10 failed || fail "the service is $(property ActiveState) after a crash with an invalid file"
by_nic "a crash with an invalid file"
mv "$conf.well" "$conf"
systemctl start clusterarpd || fail "the service does not start with the repaired file"
expect_pings "the file repaired again"
expect "descriptors in the store" "$(stored)" "$(property NFileDescriptorStore)"

systemctl stop clusterarpd
expect "result" success "$(property Result)"
snapshot >/tmp/after
diff -u /tmp/before /tmp/after || fail "a clean stop leaves something behind"
ok "a clean stop restores the previous state"
wait "$streaming" || fail "TCP: $(jq -r .error /tmp/tcp)"
ok "TCP throughout: $(jq '.end.sum_received.bits_per_second / 1e6 | round' /tmp/tcp) Mb/s"

# Restarts with another interface, and back: each time the NIC no longer used is restored.
ip link add eth1 type veth peer name p_alpha1 netns sw
ip -n sw link set p_alpha1 master br0 up
ip link set eth1 up
sleep 3
snapshot >/tmp/before
records() { find /run/clusterarpd -name '*.json' -printf '%f\n' | sort | xargs; }
addresses() { ip -4 -br addr show dev eth0 | awk '{ print $3 }'; }
systemctl start clusterarpd || fail "systemctl start clusterarpd"
expect "addresses left on the NIC" "" "$(addresses)"
sed -i 's/^interface .*/interface = eth1/' "$conf"
systemctl restart clusterarpd || fail "restart with another interface"
expect "another interface: records" control.sock.eth1.json "$(records)"
expect "another interface: addresses of the old NIC" 12.12.4.101/24 "$(addresses)"
expect "another interface: filters of the old NIC" "" "$(tc filter show dev eth0 ingress 2>/dev/null || true)"
sed -i 's/^interface .*/interface = eth0/' "$conf"
systemctl restart clusterarpd || fail "restart with the first interface"
expect "the first interface again: records" "control.sock.eth0.adopted.json control.sock.eth0.json" "$(records)"
expect_pings "the first interface again"
systemctl stop clusterarpd
sleep 1
snapshot >/tmp/after
diff -u /tmp/before /tmp/after || fail "restarts with another interface leave something behind"
ok "restarts with another interface restore the previous state"
