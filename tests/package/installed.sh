# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The package's life in a booted system: install, edit, enable, upgrade, stop, purge.

# shellcheck source-path=SCRIPTDIR source=../systemd/booted.sh
. "$(dirname "$0")/booted.sh"

export DEBIAN_FRONTEND=noninteractive
conf=/etc/clusterarpd/clusterarpd.conf

# Lists files, except logs, caches, the package manager's and NetworkManager's own, systemd's state of
# other units and the backups of the user database; and clusterarpd's units, in any state.
inventory() {
	{
		find /etc /usr /lib /var /opt /srv -xdev
		find /run -xdev -path '*clusterarpd*'
	} | grep -vE '^/var/(log|cache|tmp|lib/(dpkg|apt|PackageKit|NetworkManager))(/|$)' |
		grep -vE '^/var/lib/systemd/(timers|linger|random-seed)(/|$)' |
		grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|^/etc/\.pwd\.lock$' | sort
	systemctl list-unit-files --no-legend --no-pager | grep clusterarpd || true
	systemctl list-units --all --no-legend --no-pager | grep clusterarpd || true
}

apt() { apt-get -qq -y -o Dpkg::Use-Pty=0 "$@" </dev/null >/tmp/apt.log 2>&1 || fail "apt-get $*: $(cat /tmp/apt.log)"; }
state() { systemctl is-active "$1" || true; }
started() { systemctl show -P ExecMainStartTimestampMonotonic "$1"; }

# The same package with a higher version.
newer_package() {
	dpkg-deb -R /clusterarpd.deb /tmp/newer
	sed -i 's/^Version: .*/&+newer/' /tmp/newer/DEBIAN/control
	dpkg-deb -b /tmp/newer /newer.deb >/dev/null
}

! command -v gcc clang make pkg-config bpftool >/dev/null || fail "build tools are installed"
inventory >/tmp/before
network
for in in "" "-n beta"; do # a NIC with another name than in the example
	# shellcheck disable=SC2086 # two words or none
	ip $in link set eth0 down && ip $in link set eth0 name lan0 && ip $in link set lan0 up
done

apt install /clusterarpd.deb
expect "installed" "install ok installed" "$(dpkg-query -W -f '${Status}' clusterarpd)"
expect "not started" inactive "$(state clusterarpd)"
expect "not enabled" disabled "$(systemctl is-enabled clusterarpd || true)"
expect "the system user" clusterarpd "$(id -un clusterarpd)"
expect "programs find their libraries" "clusterarpd $(clusterarpctl -V | cut -d' ' -f2)" "$(clusterarpd -V)"
clusterarpd -t -n alpha >/dev/null || fail "the example is refused"
ok "the example is valid"

# Edit the example as its comments say: the NIC's name, one option, the host's name.
sed -i -e 's/^interface = eth0$/interface = lan0/' -e 's/^;arp = broadcast$/arp = directed/' "$conf"
hostname alpha
clusterarpd -t >/dev/null || fail "the edited file is refused"
start_beta
systemctl enable --now clusterarpd 2>/dev/null || fail "systemctl enable --now clusterarpd"
expect "running" active "$(state clusterarpd)"
expect "enabled" enabled "$(systemctl is-enabled clusterarpd)"
expect_pings "installed"
expect "peers" "beta" "$(clusterarpctl -j peers | jq -r '.peers[].name')"

# Another cluster on another NIC, served by an instance.
second_cluster lan1
systemctl enable --now clusterarpd@second 2>/dev/null || fail "clusterarpd@second does not start"

newer_package
edited=$(md5sum "$conf")
first=$(started clusterarpd) second=$(started clusterarpd@second)
apt install /newer.deb
expect "upgraded" "$(dpkg-deb -f /newer.deb Version)" "$(dpkg-query -W -f '${Version}' clusterarpd)"
expect "running after the upgrade" active "$(state clusterarpd)"
expect "the instance after the upgrade" active "$(state clusterarpd@second)"
[ "$(started clusterarpd)" != "$first" ] || fail "the old program still runs"
[ "$(started clusterarpd@second)" != "$second" ] || fail "the instance's old program still runs"
expect "the edited file after the upgrade" "$edited" "$(md5sum "$conf")"
expect_pings "after the upgrade"
apt install --reinstall /newer.deb
expect "running after a reinstallation" active "$(state clusterarpd)"
expect_pings "after a reinstallation"

systemctl stop clusterarpd || fail "systemctl stop clusterarpd"
expect "stopped" inactive "$(state clusterarpd)"
expect "its TAP is gone" "" "$(ip -br link show dev cluster0 2>/dev/null || true)"
expect "the instance still runs" cluster1 "$(clusterarpctl -i second -j status | jq -r .cluster.tap)"
apt install --reinstall /newer.deb
expect "a stopped service stays stopped" inactive "$(state clusterarpd)"

# Removed while running, with the configuration kept; then installed again.
systemctl start clusterarpd
apt remove clusterarpd
expect "processes after the removal (only beta's)" "$(cat /run/beta/pid)" "$(pgrep -x clusterarpd)"
expect "the edited file after the removal" "$edited" "$(md5sum "$conf")"
apt install /newer.deb
systemctl start clusterarpd || fail "the service does not start when installed again"
expect_pings "installed again"

# A file that the administrator created must be removed by the administrator.
rm /etc/clusterarpd/second.conf
apt purge clusterarpd
kill "$(cat /run/beta/pid)"
rm -r /run/beta
expect "units that failed" "" "$(systemctl --failed --no-legend | grep clusterarpd || true)"
inventory >/tmp/after
diff -u /tmp/before /tmp/after || fail "purging leaves something behind"
ok "purging leaves nothing behind"
expect "links" "" "$(ip -br link | grep cluster || true)"
expect "the system user remains" clusterarpd "$(id -un clusterarpd)"
