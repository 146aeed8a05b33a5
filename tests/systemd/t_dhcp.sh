# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A DHCP client on the TAP: systemd-networkd with the example, and a real server, dnsmasq.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

mount -o remount,rw /sys
systemctl start systemd-udevd || fail "udevd does not start"
network
configure
cp /usr/share/doc/clusterarpd/examples/nic/cluster0-dhcp.network /etc/systemd/network/00-clusterarpd.network
on out dnsmasq --no-daemon --conf-file=/dev/null --interface=eth0 --bind-interfaces --port=0 \
	--dhcp-range=12.12.4.180,12.12.4.189,10m --dhcp-leasefile=/tmp/leases --log-dhcp >/tmp/dnsmasq.log 2>&1 &
systemctl start clusterarpd || fail "clusterarpd does not start"
start_beta
systemctl start systemd-networkd || fail "networkd does not start"

leased() { ip -j -4 addr show dev cluster0 | jq -r '.[].addr_info[].local' | grep '^12\.12\.4\.18'; }
within 20 leased >/dev/null || fail "no lease: $(ip addr show dev cluster0; networkctl status cluster0; tail -n 20 /tmp/dnsmasq.log)"
address=$(leased)
expect "client identifier in the lease" 1 "$(grep -c 'c1:05:7e:00:00:00:00:01' /tmp/leases)"
within 5 on out ping -n -c 3 -i 0.1 -W 1 "$address" >/dev/null || fail "the outsider does not reach $address"
within 5 on beta ping -n -c 3 -i 0.1 -W 1 "$address" >/dev/null || fail "beta does not reach $address"
ok "an address by DHCP on the TAP, reached by outsider and peer"
expect "first address of the TAP" 12.12.4.101 "$(ip -j -4 addr show dev cluster0 | jq -r '.[].addr_info[0].local')"
expect_pings "with an address by DHCP"
sleep 2
expect "problems" '[]' "$(clusterarpctl -j status | jq -c '[.problems[] | select(.id | startswith("peer_") | not)]')"
expect_corrections() { clusterarpctl -j counters | jq .counters.tap_repaired; }
[ "$(expect_corrections)" -le 2 ] || fail "clusterarpd and networkd fight: $(journalctl -u clusterarpd --no-pager | tail)"
ok "clusterarpd and networkd do not fight: $(expect_corrections) corrections"

# Another node has the same MAC: by its own identifier it gets an address of its own.
sed -i 's/^\(DUIDRawData=.*\):01$/\1:02/' /etc/systemd/network/00-clusterarpd.network
networkctl reload
networkctl reconfigure cluster0
leases() { awk '{ print $2 }' /tmp/leases | xargs; }
two_leases() { [ "$(wc -w <<<"$(leases)")" = 2 ]; }
within 20 two_leases || fail "another identifier gets the same address: $(cat /tmp/leases)"
expect "MACs in the server's leases" "02:bf:0c:0c:04:64 02:bf:0c:0c:04:64" "$(leases)"
systemctl stop clusterarpd
