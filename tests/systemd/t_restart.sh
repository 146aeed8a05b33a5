# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A restart is not a clean stop (SPEC 5): nothing is taken down, nothing is lost. A crash keeps the
# TAP, too; a restart with other addresses makes a new TAP; a stop removes it.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

systemd-sysusers
network
configure
start_beta
sleep 3 # IPv6 addresses leave the tentative state
snapshot >/tmp/before
systemctl start clusterarpd || fail "systemctl start clusterarpd"
expect_pings "at first"

tap() { cat /sys/class/net/cluster0/ifindex; }
first=$(tap)
expect "descriptors in the store" "$(stored)" "$(property NFileDescriptorStore)"

# Pings from the outsider, and a TCP connection to beta, across five restarts.
ip neigh replace 12.12.4.77 lladdr 02:00:00:00:00:77 nud permanent dev cluster0
on out ping -n -i 0.01 -c 400 -W 2 12.12.4.101 >/tmp/ping 2>&1 &
pinging=$!
ip netns exec beta iperf3 -s -1 -D >/dev/null
sleep 0.3
iperf3 -J -t 4 -c 12.12.4.102 >/tmp/tcp &
streaming=$!
for i in 1 2 3 4 5; do
	old=$(pid)
	systemctl restart clusterarpd || fail "restart $i"
	[ "$(pid)" != "$old" ] || fail "restart $i: the same process"
	expect "restart $i: the TAP device" "$first" "$(tap)"
	expect "restart $i: descriptors in the store" "$(stored)" "$(property NFileDescriptorStore)"
done
[ "$(stored)" = 4 ] || expect "the links are handed over: qdiscs of clsact" "" "$(tc qdisc show | grep clsact || true)"
wait "$pinging" || fail "pings: $(tail -n 3 /tmp/ping)"
wait "$streaming" || fail "TCP: $(jq -r .error /tmp/tcp)"
! grep -q 'DUP!' /tmp/ping || fail "across restarts $(grep -c 'DUP!' /tmp/ping) pings are answered twice"
expect "pings across restarts" "400 packets transmitted, 400 received, 0% packet loss" \
	"$(grep -o '400 packets.*loss' /tmp/ping)"
ok "TCP across restarts: $(jq '.end.sum_received.bits_per_second / 1e6 | round' /tmp/tcp) Mb/s"
expect "the neighbour table" 02:00:00:00:00:77 \
	"$(ip -j neigh show 12.12.4.77 dev cluster0 | jq -r '.[].lladdr')"

# An ARP request that arrives while no daemon runs is answered by the next run.
old=$(pid)
kill -KILL "$old"
# ask: sends one request for alpha's address, and waits for the answer; arping(8) gives up too early.
ask() {
	on out /usr/bin/python3 -c '
import socket, struct
arp = 0x0806
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(arp))
s.bind(("eth0", arp))
s.settimeout(15)
own = s.getsockname()[4]
sender, target = socket.inet_aton("12.12.4.200"), socket.inet_aton("12.12.4.101")
s.send(b"\xff" * 6 + own + struct.pack("!HHHBBH", arp, 1, 0x0800, 6, 4, 1) + own + sender + bytes(6) + target)
while True:
    frame = s.recv(2048)
    if frame[20:22] == b"\0\2" and frame[28:32] == target:
        print(frame[22:28].hex(":"))
        break
'
}
asked=$(ask) || fail "no answer to ARP after a crash"
ok "ARP after a crash is answered: $asked"
anew() { [ "$(pid)" != "$old" ] && [ "$(pid)" != 0 ] && clusterarpctl status >/dev/null 2>&1; }
within 5 anew || fail "the daemon does not come back after a crash"
expect "after a crash: the TAP device" "$first" "$(tap)"
expect_pings "after a crash"

# Another data path keeps the TAP. Where the kernel data path is not available, auto uses the
# user data path.
conf=/etc/clusterarpd/clusterarpd.conf
datapath() { clusterarpctl -j status | jq -r .datapath; }
# restart_with WANTED EXPECTED
restart_with() {
	sed -i "/^datapath/d; s/^interface.*/&\ndatapath = $1/" "$conf"
	systemctl restart clusterarpd || fail "restart with datapath = $1"
	expect "datapath = $1" "$2" "$(datapath)"
	expect "datapath = $1: the TAP device" "$first" "$(tap)"
	expect_pings "datapath = $1"
}
expect "the data path by default" kernel "$(datapath)"
on out ping -n -i 0.005 -c 1000 -W 2 12.12.4.101 >/tmp/ping 2>&1 &
pinging=$!
restart_with user user
expect "filters on the TAP" "" "$(tc filter show dev cluster0 egress)"
expect "datapath = user: descriptors in the store" $(($(stored) == 7 ? 5 : 3)) "$(property NFileDescriptorStore)"
restart_with kernel kernel
expect "datapath = kernel: descriptors in the store" "$(stored)" "$(property NFileDescriptorStore)"
restart_with user user
wait "$pinging" || fail "pings across data path changes: $(tail -n 3 /tmp/ping)"
! grep -q 'DUP!' /tmp/ping || fail "across data path changes $(grep -c 'DUP!' /tmp/ping) pings are answered twice"
expect "pings across data path changes" \
	"1000 packets transmitted, 1000 received, 0% packet loss" \
	"$(grep -o '1000 packets.*loss' /tmp/ping)"
# A kernel without tcx needs clsact.
gcc -D_GNU_SOURCE -shared -fPIC -o /usr/lib/no_tcx.so /no_tcx.c -ldl
mkdir -p /run/systemd/system/clusterarpd.service.d
printf '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/no_tcx.so\n' >/run/systemd/system/clusterarpd.service.d/no_tcx.conf
systemctl daemon-reload
restart_with kernel kernel
expect "without tcx: descriptors in the store" 4 "$(property NFileDescriptorStore)"
expect "without tcx: filters on the TAP" 1 "$(tc filter show dev cluster0 egress | grep -c ' handle .*clusterarpd_tap')"
restart_with user user
tc qdisc del dev cluster0 clsact
tc qdisc add dev cluster0 ingress || fail "an ingress qdisc on the TAP"
restart_with auto user
expect "auto: descriptors in the store" 3 "$(property NFileDescriptorStore)"
said=$(journalctl -u clusterarpd -o cat --no-pager | grep 'no kernel data path' || true)
expect "log lines about it" 1 "$(grep -c "its ingress qdisc is not clsact" <<<"$said")"
echo "$said"
sed -i 's/^datapath.*/datapath = kernel/' "$conf"
! systemctl restart clusterarpd || fail "the service starts with datapath = kernel, which is not available"
expect "datapath = kernel, not available: exit status" 3 "$(property ExecMainStatus)"
systemctl reset-failed clusterarpd
sed -i '/^datapath/d' "$conf"
rm -r /run/systemd/system/clusterarpd.service.d
systemctl daemon-reload
systemctl restart clusterarpd || fail "restart"
expect "the data path by default" kernel "$(datapath)"
first=$(tap)
expect_pings "the default again"

# Another address: a new TAP is made, without the old address.
sed -i 's/12.12.4.101/12.12.4.151/' /etc/clusterarpd/clusterarpd.conf
systemctl restart clusterarpd || fail "restart with another address"
[ "$(tap)" != "$first" ] || fail "the TAP device of another configuration is kept"
expect "addresses of the new TAP" "12.12.4.100 12.12.4.151" \
	"$(ip -j -4 addr show dev cluster0 | jq -r '.[].addr_info[].local' | sort | xargs)"
within 5 reaches 12.12.4.200 || fail "no traffic with another address"

# A TAP that was deleted is made again, and the new one is passed on at a restart.
old=$(pid)
first=$(tap)
ip link del cluster0
within 5 reaches 12.12.4.200 || fail "no traffic after the TAP was deleted"
expect "the process after its TAP was deleted" "$old" "$(pid)"
[ "$(tap)" != "$first" ] || fail "the deleted TAP is still there"
first=$(tap)
systemctl restart clusterarpd || fail "restart with the new TAP"
expect "the TAP after a restart" "$first" "$(tap)"
expect "descriptors in the store" "$(stored)" "$(property NFileDescriptorStore)"
within 5 reaches 12.12.4.200 || fail "no traffic after a restart"

systemctl stop clusterarpd
expect "result" success "$(property Result)"
expect "the TAP is gone" "" "$(ip -br link show dev cluster0 2>/dev/null || true)"
snapshot >/tmp/after
diff -u /tmp/before /tmp/after || fail "a clean stop leaves something behind"
ok "a clean stop restores the previous state"
