# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Programs that configure the NIC: systemd-networkd, ifupdown and NetworkManager, each with its
# example, started after the daemon, before it, and together with it as at boot. No ping is lost, and
# what waits for the network does not wait in vain.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

EXAMPLES=/usr/share/doc/clusterarpd/examples/nic
ROUTER=12.12.4.1

systemd-sysusers
network
configure
ip -n out addr add $ROUTER/24 dev eth0
ip -n out addr add 198.51.100.1/32 dev lo
start_beta
# network-online.target starts those that are enabled: only one at a time configures the NIC.
systemctl -q disable systemd-networkd networking NetworkManager NetworkManager-wait-online

problems() { clusterarpctl -j status | jq -c '[.problems[].id | select(startswith("peer_") | not)]'; }
on_nic() { ip -4 -o addr show dev eth0 | awk '{ print $4 }'; }
default_route() { ip -j route show default | jq -r '.[] | "\(.gateway) \(.dev)"' | xargs; }
settled_on_tap() { [ -z "$(on_nic)" ] && [ "$(default_route)" = "$ROUTER cluster0" ]; }
# expect_on_tap WHAT: address and default route are on the TAP alone, and work.
expect_on_tap() {
	within 5 settled_on_tap ||
		fail "$1: $(ip addr show dev eth0; ip addr show dev cluster0; ip route; problems)"
	expect_pings "$1"
	pings ping -n -c 3 -i 0.1 -W 1 198.51.100.1 || fail "$1: the default route does not work"
	expect "$1: problems" '[]' "$(problems)"
}
# expect_on_nic WHAT: the same without the daemon.
expect_on_nic() {
	expect "$1: address of the NIC" 12.12.4.101/24 "$(on_nic)"
	expect "$1: default route" "$ROUTER eth0" "$(default_route)"
	within 5 reaches 198.51.100.1 || fail "$1: the default route does not work"
}

# pings_begin, pings_end WHAT: alpha pings the outsider all the time between, and loses nothing.
pings_begin() {
	ping -n -i 0.05 -W 2 12.12.4.200 >/tmp/ping 2>&1 &
	PINGING=$!
	sleep 0.5
}
pings_end() {
	sleep 1
	kill -INT "$PINGING"
	wait "$PINGING" || true
	grep -q ' 0% packet loss' /tmp/ping || fail "$1: $(tail -n 3 /tmp/ping)"
	! grep -q 'DUP!\|rrors' /tmp/ping || fail "$1: $(grep 'DUP!\|rrors' /tmp/ping | head -n 3)"
	ok "$1: $(grep -o '.*received' /tmp/ping), none lost"
}

# stop_all UNIT…: the units, and sockets that would start them again; the NIC is as at first.
stop_all() {
	systemctl stop 'systemd-networkd*.socket' network-online.target "$@" clusterarpd
	ip addr flush dev eth0
	ip link set eth0 up
	# If the manager has set the NIC down first, a route could not be given back, and is recorded.
	rm -f /run/clusterarpd/control.sock.eth0.adopted.json
}

# manager NAME UNIT AGAIN [WAITING-UNIT]: AGAIN: the command that configures the NIC once more.
manager() {
	local name=$1 unit=$2 again=$3 waiting=${4:-}

	systemctl start clusterarpd || fail "clusterarpd does not start"
	pings_begin
	systemctl start "$unit" || fail "$unit does not start"
	pings_end "$name after the daemon"
	expect_on_tap "$name after the daemon"
	pings_begin
	$again || fail "$again: exit status $?"
	pings_end "$again"
	expect_on_tap "$again"
	pings_begin
	systemctl restart clusterarpd || fail "clusterarpd does not restart"
	pings_end "$name, restart of the daemon"
	expect_on_tap "$name, restart of the daemon"
	if [ "$unit" = networking ]; then
		systemctl restart networking || fail "$unit does not restart: $(journalctl --no-pager -n 20 -u networking)"
		expect_on_tap "restart of $unit"
	fi
	if [ -n "$waiting" ]; then
		timeout 15 systemctl start "$waiting" || fail "$waiting waits in vain"
		ok "$waiting: done"
		systemctl stop "$waiting"
	fi

	systemctl stop clusterarpd
	expect_on_nic "$name, the daemon stopped"
	pings_begin
	systemctl start clusterarpd || fail "clusterarpd does not start"
	pings_end "$name before the daemon"
	expect_on_tap "$name before the daemon"

	stop_all "$unit"
	timeout 30 systemctl start network-online.target "$unit" clusterarpd ${waiting:+"$waiting"} ||
		fail "$name: $unit, clusterarpd and network-online.target do not start together"
	expect_on_tap "$name, as at boot"
	expect "$unit, as at boot" active "$(systemctl is-active "$unit")"
	stop_all "$unit" ${waiting:+"$waiting"}
}

cp "$EXAMPLES/eth0.network" /etc/systemd/network/10-eth0.network
manager systemd-networkd systemd-networkd "networkctl reconfigure eth0" systemd-networkd-wait-online

# The same with IPv6, where systemd-networkd 257 takes the TAP's connected route for the NIC's if nothing but
# the link differs, and then never sets the default route.
default_route6() { ip -6 -j route show default | jq -r '.[] | "\(.gateway) \(.dev)"' | xargs; }
is_set6() {
	[ "$(default_route6)" = "2001:db8:4::1 $1" ] &&
		networkctl list --no-legend eth0 | grep -q ' configured'
}
expect_set6() {
	within 8 is_set6 "$2" || fail "IPv6, $1: $(ip -6 addr; ip -6 route; networkctl list)"
	ok "IPv6, $1: default route through $2"
}
printf '%s\n' Address=2001:db8:4::101/64 Gateway=2001:db8:4::1 >>/etc/systemd/network/10-eth0.network
sed -i 's|12.12.4.101/24|&, 2001:db8:4::101/64|' /etc/clusterarpd/clusterarpd.conf
systemctl start clusterarpd || fail "clusterarpd does not start"
systemctl start systemd-networkd || fail "systemd-networkd does not start"
expect_set6 "systemd-networkd after the daemon" cluster0
for again in "networkctl reconfigure eth0" "systemctl restart systemd-networkd"; do
	ip -6 route del default
	$again || fail "$again: exit status $?"
	expect_set6 "$again" cluster0
done
expect "IPv6: problems" '[]' "$(problems)"
systemctl stop clusterarpd
expect_set6 "the daemon stopped" eth0
stop_all systemd-networkd
ip -6 route flush default
configure
rm /etc/systemd/network/10-eth0.network

cp /etc/network/interfaces /etc/network/interfaces.before
# And a route without which ifup fails.
cat "$EXAMPLES/interfaces" - >/etc/network/interfaces <<-'END'
		up ip route add 203.0.113.0/24 via 12.12.4.1 dev $IFACE onlink
END
manager ifupdown networking "ifup --force eth0"
cp /etc/network/interfaces.before /etc/network/interfaces

systemctl start dbus
# NetworkManager 1.52 looks for conflicts before it sets an address; earlier ones if they are told to.
sed '/^\[ipv4\]/a dad-timeout=200' "$EXAMPLES/eth0.nmconnection" |
	install -m 600 /dev/stdin /etc/NetworkManager/system-connections/eth0.nmconnection
connection_up() {
	expect "time in which NetworkManager looks for conflicts" 200 "$(nmcli -g ipv4.dad-timeout connection show eth0)"
	nmcli connection up eth0
}
manager NetworkManager NetworkManager connection_up NetworkManager-wait-online
