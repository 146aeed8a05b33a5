# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A host whose only address and default route are on the NIC, with adopt = yes: over a
# start, restarts, a crash and a stop, a TCP connection goes on and nothing is left behind.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

systemd-sysusers
network
configure
sed -i 's/^address   = 12.12.4.100.*/&\nadopt = yes/' /etc/clusterarpd/clusterarpd.conf
start_beta
ip addr add 12.12.4.101/24 dev eth0
ip -n out addr add 198.51.100.1/32 dev lo
ip route add default via 12.12.4.200 metric 100
sleep 3 # IPv6 addresses leave the tentative state
snapshot >/tmp/before

ip netns exec out iperf3 -s -1 -D >/dev/null
sleep 0.3
iperf3 -J -t 14 -b 200M -c 198.51.100.1 >/tmp/tcp &
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
within 5 anew || fail "it does not come back after a crash"
expect_pings "after a crash"

systemctl stop clusterarpd
expect "result" success "$(property Result)"
snapshot >/tmp/after
diff -u /tmp/before /tmp/after || fail "an orderly stop leaves something"
ok "an orderly stop leaves all as it was"
wait "$streaming" || fail "TCP: $(jq -r .error /tmp/tcp)"
ok "TCP through all of it: $(jq '.end.sum_received.bits_per_second / 1e6 | round' /tmp/tcp) Mb/s"
