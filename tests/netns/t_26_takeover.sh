#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which NICs the daemon takes over. It refuses lo and tun. It warns about a bridge port. It keeps a
# renamed NIC, and takes the one with the configured name once the first is gone. Its lock works
# although any process can bind the lock's name. Frames that a NIC lost stay counted after the NIC
# is gone. A NIC that was down gets announcements, too.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 1
lab_config

said() { grep -Eq -- "$1" "$LAB_DIR/${2:-alpha.log}"; }
expect_said() {
	within "$(seconds 2)" said "$1" || fail "no log line with '$1'"
	ok "log line: $(grep -Em 1 -- "$1" "$LAB_DIR/alpha.log")"
}
dev() { ctl alpha -j status | jq -r .cluster.dev; }
dev_is() { [ "$(dev)" = "$1" ]; }

# Interfaces that are not Ethernet; lo by its name is an error of the file already.
ip -n alpha link property add dev lo altname loop0
on alpha ip tuntap add dev tun0 mode tun
on alpha ip link set tun0 up
lab_snapshot alpha >"$LAB_DIR/before"
for nic in lo loop0 tun0; do
	lab_config interface=$nic
	expect_rc "$([ $nic = lo ] && echo 1 || echo 3)" "interface = $nic" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha \
		-s "$(socket_of alpha)"
	said "(lo|$nic).*[Ee]thernet" output || fail "interface = $nic: $(cat "$LAB_DIR/output")"
	on alpha ping -n -c 1 -W "$LAB_REPLY" 127.0.0.1 >/dev/null || fail "interface = $nic: lo does not answer itself"
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "interface = $nic" "$LAB_DIR/before" "$LAB_DIR/after"
done
on alpha ip link del tun0
ip -n alpha link property del dev lo altname loop0
lab_config adopt=no # an address on the NIC stays there

# A bridge port.
ip -n alpha link add bridge0 type bridge
ip -n alpha link set bridge0 addrgenmode none up
ip -n alpha link set eth0 master bridge0
lab_start alpha
expect_said 'eth0 is a port of bridge0'
ping_clean out alpha || fail "pings from out to alpha through a bridge port failed"
lab_stop alpha
: >"$LAB_DIR/alpha.log"
ip -n alpha link set eth0 nomaster
lab_start alpha
! said bridge0 || fail "a warning about a bridge that the NIC is not in"
ip -n alpha link set eth0 master bridge0
expect_said 'eth0 is a port of bridge0'
ping_clean out alpha || fail "pings from out to alpha through a bridge port failed"
ip -n alpha link del bridge0

# The NIC is renamed, and another one gets its name: the daemon stays on the first NIC, and takes
# the other once the first is gone.
ip -n alpha link set eth0 down
ip -n alpha link set eth0 name old0
ip -n alpha link set old0 up
within "$(seconds 2)" dev_is old0 || fail "status says that the NIC is $(dev)"
expect "device in status" old0 "$(dev)"
lab_veth alpha eth0 52:54:00:00:00:78 p_alpha2
ip -n alpha link set eth0 up
expect_reach out alpha
expect "another NIC has the name: device in status" old0 "$(dev)"
ip -n alpha link del old0
within "$(seconds 2)" dev_is eth0 || fail "the daemon does not take the new eth0"
expect_reach out alpha
ping_clean out alpha || fail "pings from out to alpha through the NIC that has the name now failed"
capture sw p_alpha2 "$LAB_DIR/wire.pcap" -Q in
on alpha ip -6 addr add 2001:db8::1/64 dev eth0
ping_clean out alpha || fail "pings from out to alpha through the NIC that has the name now failed"
capture_stop
expect_sources "sources of that NIC" "$LAB_DIR/wire.pcap" "$(dedicated_mac alpha)"

# Frames that a NIC lost stay counted after the NIC is gone.
lost() { counter alpha .drops.kernel_ring; }
expect "frames lost so far" 0 "$(lost)"
kill -STOP "${LAB_PID[alpha]}"
on out /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind(("eth0", 0))
arp = bytes.fromhex("ffffffffffff 5254000000c8 0806 0001 0800 06 04 0001 5254000000c8 0c0c04c8"
                    "000000000000 0c0c04c9")
for i in range(30000):
    s.send(arp + bytes(18))
'
kill -CONT "${LAB_PID[alpha]}"
before=$(lost)
expect_num "frames lost while the daemon was stopped" "$before" ">" 0
ip -n alpha link del eth0
expect_num "frames lost, the NIC gone" "$(lost)" ">=" "$before"
lab_veth alpha eth0 52:54:00:00:00:79 p_alpha
ip -n alpha link set eth0 up
expect_reach out alpha
expect_num "frames lost, with the next NIC" "$(lost)" ">=" "$before"
lab_stop alpha

# An unprivileged process has bound the lock's name, and listens or not; or listens with a full
# backlog, so that nobody can connect to ask who it is.
ifindex=$(on alpha cat /sys/class/net/eth0/ifindex)
squat() {
	ip netns exec alpha setpriv --reuid 65534 --regid 65534 --clear-groups \
		/usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0clusterarpd/nic/" + sys.argv[1])
if sys.argv[2] != "binds": s.listen(0)
while sys.argv[2] == "is full":
    c = socket.socket(socket.AF_UNIX)
    c.setblocking(False)
    if c.connect_ex(s.getsockname()): break
time.sleep(600)' "$ifindex" "$1" &
	SQUATTER=$!
}
squatted() { on alpha grep -q "@clusterarpd/nic/$ifindex\$" /proc/net/unix; }
for squatter in listens binds "is full"; do
	squat "$squatter"
	within "$(seconds 5)" squatted || fail "the lock's name is not bound"
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
	expect_said "a process of another user holds the lock's address"
	expect_reach out alpha
	lab_stop alpha
	kill "$SQUATTER"
	wait "$SQUATTER" 2>/dev/null || true
done
lab_start alpha
mkdir -p /run/clusterarpd/second
lab_config tap=cluster1
expect_rc 3 "a real second daemon" ip netns exec alpha "$CLUSTERARPD" -c "$LAB_CONF" -n alpha \
	-s /run/clusterarpd/second/control.sock
said "process ${LAB_PID[alpha]}\)" output ||
	fail "no line names process ${LAB_PID[alpha]}: $(cat "$LAB_DIR/output")"
lab_config
lab_stop alpha

# A NIC that was down: its carrier, which comes because the daemon sets it up, be it a little later,
# has no line. What happens to it then has one.
: >"$LAB_DIR/alpha.log"
on alpha ip link set eth0 down
ip -n sw link set p_alpha down
lab_start alpha
sleep 0.5
ip -n sw link set p_alpha up
expect_reach out alpha
sleep 0.5
expect "a NIC that was down: log lines" "clusterarpd: node alpha on eth0, 0 peers" "$(cat "$LAB_DIR/alpha.log")"
ip -n sw link set p_alpha down
expect_said 'eth0: carrier lost'
ip -n sw link set p_alpha up
expect_said 'eth0: carrier is back'
on alpha ip link set eth0 down
expect_said 'eth0 was set down'
on alpha ip link set eth0 up
expect_said 'eth0 was set up'
lab_stop alpha
# The same when it appears while the daemon runs.
: >"$LAB_DIR/alpha.log"
ip -n alpha link del eth0
lab_start alpha
lab_veth alpha eth0 52:54:00:00:00:80 p_alpha
expect_reach out alpha
sleep 0.5
expect "a NIC that appears: log lines" "clusterarpd: waiting for eth0
clusterarpd: node alpha on eth0, 0 peers" "$(cat "$LAB_DIR/alpha.log")"
lab_stop alpha
on alpha ip link set eth0 up

# Announcements are sent on a NIC that was down, too.
announced() {
	frames pcap2rows "$LAB_DIR/arp.pcap" |
		awk -v a="$1" -v m="$LAB_CLUSTER_MAC" '$4 == a && $6 == a && $5 == m' | wc -l
}
three() { [ "$(announced "$LAB_CLUSTER_IP")" -ge 3 ]; }
ip -n alpha link set eth0 down
capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in arp
lab_start alpha
within "$(seconds 5)" three || true
sleep 1.5
capture_stop
expect "NIC down at the start: announcements of each address" 3/3 \
	"$(announced 12.12.4.101)/$(announced "$LAB_CLUSTER_IP")"
lab_stop alpha
