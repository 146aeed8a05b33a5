# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# boot.sh: a reboot of the whole machine, whose NIC one of the network managers configures. boot NUMBER
# MANAGER UNITS: NUMBER: of the boot (main); MANAGER: a function that writes its configuration; UNITS: its
# units. The machine is node alpha, eth0 its NIC; beta and a router are namespaces with the NICs eth1 and
# eth2, on the same hub, made by boot_peers.sh before the network is up.

# shellcheck source-path=SCRIPTDIR source=../../systemd/booted.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../systemd/booted.sh"

# shellcheck disable=SC2034 # for the tests
EXAMPLES=/usr/share/doc/clusterarpd/examples/nic
ROUTER=12.12.4.1

# What the managers must find at the next boot.
boot_prepare() {
	local unit
	configure
	for unit in systemd-networkd networking NetworkManager NetworkManager-wait-online; do
		systemctl -q disable "$unit" 2>/dev/null || true
	done
	rm -f /etc/systemd/network/10-eth0.network /etc/NetworkManager/system-connections/* /etc/network/interfaces
	"$1"
	# shellcheck disable=SC2086 # words
	systemctl -q enable $2 clusterarpd
	systemctl -q add-wants multi-user.target network-online.target
	install -m 644 "$(dirname "${BASH_SOURCE[0]}")/boot-peers.service" /etc/systemd/system/
	systemctl -q enable boot-peers
}

failed_units() { systemctl --failed --no-legend --plain | awk '{ print $1 }' | xargs; }
on_nic() { ip -4 -o addr show dev eth0 | awk '{ print $4 }' | xargs; }
on_tap() { ip -4 -o addr show dev cluster0 2>/dev/null | awk '{ print $4 }' | xargs; }
default_route() { ip -j route show default | jq -r '.[] | "\(.gateway) \(.dev)"' | xargs; }
# The router's own service starts what is waited for; this test is one of those that the boot waits for.
booted() { [ "$(systemctl list-jobs --no-legend | grep -vc under-test)" = 0 ]; }
resolved() { [ "$(clusterarpctl -j peers | jq -r '.peers[] | select(.name == "beta") | .state')" = resolved ]; }

boot_check() {
	within 300 booted || fail "jobs do not end: $(systemctl list-jobs --no-pager)"
	[ -z "$(failed_units)" ] || {
		journalctl -b --no-pager -o short-monotonic -n 25 -u NetworkManager -u 'systemd-networkd*' -u networking -u clusterarpd
		networkctl --no-pager status eth0 2>&1 | head -n 12
		echo "FAILED: failed units: $(failed_units)"
		exit 1
	}
	expect "clusterarpd" active "$(systemctl is-active clusterarpd || true)"
	expect "network-online.target" active "$(systemctl is-active network-online.target || true)"
	expect "data path" kernel "$(clusterarpctl -j status | jq -r .datapath)"
	expect "addresses of cluster0" "12.12.4.101/24 12.12.4.100/32" "$(on_tap)"
	expect "addresses of eth0" "" "$(on_nic)"
	expect "default route" "$ROUTER cluster0" "$(default_route)"
	within 60 reaches 12.12.4.102 || fail "beta does not answer"
	within 60 reaches 198.51.100.1 || fail "what is behind the router does not answer"
	within 60 resolved || fail "beta is not resolved: $(clusterarpctl peers)"
	pings ping -n -c 3 -i 0.2 -W 5 12.12.4.102 || fail "pings to beta are lost"
	pings ping -n -c 3 -i 0.2 -W 5 198.51.100.1 || fail "pings by the default route are lost"
	ok "beta and what is behind the router answer"
	printf 'figure: boot %s\n' "$(systemd-analyze | sed -n 's/.*= \(.*\)/\1/p' | head -n 1)"
}

boot_clean() {
	local host
	systemctl -q disable clusterarpd boot-peers
	kill "$(cat /run/beta/pid)" || true
	for host in beta router spare; do ip netns del "$host"; done # their NICs come back
	# shellcheck disable=SC2086 # words
	systemctl -q disable $1
	systemctl stop clusterarpd
	# shellcheck disable=SC2086 # words
	systemctl stop $1 || true
}

boot() {
	case $1 in
	1)
		boot_prepare "$2" "$3"
		exit 100
		;;
	*)
		boot_check
		boot_clean "$3"
		;;
	esac
}
