# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The packages' life in a booted system: install, edit, enable, upgrade, stop, purge.

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

# The same packages with a higher version.
newer_package() {
	local version name
	version=$(dpkg-deb -f /clusterarpd.deb Version)
	for name in "" -corosync; do
		dpkg-deb -R "/clusterarpd$name.deb" /tmp/newer
		sed -i -e 's/^Version: .*/&+newer/' -e "s/= $version)/= $version+newer)/" /tmp/newer/DEBIAN/control
		dpkg-deb -b /tmp/newer "/newer$name.deb" >/dev/null
		rm -r /tmp/newer
	done
}

# corosync, with this node alone.
start_corosync() {
	cat >/etc/corosync/corosync.conf <<-CONF
		totem {
			version: 2
			transport: udpu
		}
		nodelist {
			node {
				ring0_addr: 127.0.0.1
				name: alpha
				nodeid: 1
			}
		}
		quorum {
			provider: corosync_votequorum
		}
		logging {
			to_syslog: yes
		}
	CONF
	systemctl start corosync || fail "corosync does not start"
}
is_active() { [ "$(state "$1")" = active ]; }
is_member() { corosync-cpgtool 2>/dev/null | grep -q clusterarpd; }
pid() { systemctl show -P MainPID "$1"; }
admitted() { corosync-cmapctl "uidgid.uid.$(id -u clusterarpd-corosync)" 2>/dev/null | grep -c '= 1$' || true; }

! command -v gcc clang make pkg-config bpftool >/dev/null || fail "build tools are installed"
start_corosync
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
echo alpha >/etc/hostname # NetworkManager, which may run here, sets it
clusterarpd -t >/dev/null || fail "the edited file is refused"
start_beta
systemctl enable --now clusterarpd 2>/dev/null || fail "systemctl enable --now clusterarpd"
expect "running" active "$(state clusterarpd)"
expect "enabled" enabled "$(systemctl is-enabled clusterarpd)"
expect_pings "installed"
expect "peers" "beta" "$(clusterarpctl -j peers | jq -r '.peers[].name')"

# corosync starts also while the driver's package, with its file in uidgid.d/, is only unpacked.
dpkg --unpack /clusterarpd-corosync.deb >/dev/null
systemctl restart corosync || fail "corosync does not start while clusterarpd-corosync is unpacked"
apt purge clusterarpd-corosync
systemctl restart corosync

# The driver for corosync, which runs, and does not know its user from its own files yet.
apt install /clusterarpd-corosync.deb
expect "the driver is not started" inactive "$(state clusterarpd-corosync)"
expect "the driver is not enabled" disabled "$(systemctl is-enabled clusterarpd-corosync || true)"
expect "the driver's groups" "clusterarpd-corosync clusterarpd" "$(id -Gn clusterarpd-corosync)"
expect "corosync admits its user" 1 "$(admitted)"
clusterarpd-corosync -t -n alpha >/dev/null 2>&1 && fail "a file without [corosync] is accepted"
sed -i 's/^\[node alpha\]/shares = driven\n[corosync]\n&/' "$conf"
systemctl reload clusterarpd || fail "the file with [corosync] is refused"
systemctl enable --now clusterarpd-corosync 2>/dev/null || fail "systemctl enable --now clusterarpd-corosync"
expect "the driver runs" active "$(state clusterarpd-corosync)"
within 5 is_member || fail "the driver does not join its group"
driver=$(pid clusterarpd-corosync)
kill -9 "$(pid clusterarpd)"
sleep 1
within 5 is_active clusterarpd || fail "clusterarpd is not started again"
expect "the driver when clusterarpd crashes" "$driver" "$(pid clusterarpd-corosync)"
kill -9 "$(pid corosync)"
sleep 1
systemctl start corosync
expect "the driver when corosync crashes" "$driver" "$(pid clusterarpd-corosync)"
within 5 is_member || fail "the driver does not join again"
for service in clusterarpd corosync; do
	driver=$(pid clusterarpd-corosync)
	systemctl restart "$service" || fail "systemctl restart $service"
	within 5 is_active clusterarpd-corosync || fail "the driver is gone after a restart of $service"
	[ "$(pid clusterarpd-corosync)" != "$driver" ] || fail "$service was restarted under its driver"
	systemctl stop "$service"
	expect "the driver without $service" inactive "$(state clusterarpd-corosync)"
	systemctl start "$service"
	within 5 is_active clusterarpd-corosync || fail "the driver does not start with $service"
done
exposure=$(systemd-analyze security --no-pager clusterarpd-corosync | sed -n 's/.*: \([0-9.]*\) .*/\1/p' | tail -n 1)
expect "exposure $exposure, at most 1.5" 1 "$(jq -n "$exposure <= 1.5" | grep -c true)"

# Another cluster on another NIC, served by an instance.
second_cluster lan1
systemctl enable --now clusterarpd@second 2>/dev/null || fail "clusterarpd@second does not start"

newer_package
edited=$(md5sum "$conf")
first=$(started clusterarpd) second=$(started clusterarpd@second) driver=$(started clusterarpd-corosync)
apt install /newer.deb /newer-corosync.deb
expect "upgraded" "$(dpkg-deb -f /newer.deb Version)" "$(dpkg-query -W -f '${Version}' clusterarpd)"
expect "running after the upgrade" active "$(state clusterarpd)"
expect "the instance after the upgrade" active "$(state clusterarpd@second)"
[ "$(started clusterarpd)" != "$first" ] || fail "the old program still runs"
[ "$(started clusterarpd@second)" != "$second" ] || fail "the instance's old program still runs"
within 5 is_active clusterarpd-corosync || fail "the driver does not run after the upgrade"
[ "$(started clusterarpd-corosync)" != "$driver" ] || fail "the driver's old program still runs"
expect "the edited file after the upgrade" "$edited" "$(md5sum "$conf")"
expect_pings "after the upgrade"
apt install --reinstall /newer.deb
expect "running after a reinstallation" active "$(state clusterarpd)"
expect_pings "after a reinstallation"

apt remove clusterarpd-corosync
expect "the driver after its removal" "" "$(pgrep -x clusterarpd-cor || true)"
expect "corosync admits its user after the removal" 0 "$(admitted)"
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
apt purge clusterarpd clusterarpd-corosync
kill "$(cat /run/beta/pid)"
rm -r /run/beta
expect "units that failed" "" "$(systemctl --failed --no-legend | grep clusterarpd || true)"
# systemd forgets units that are gone a moment later.
forgotten() { ! systemctl list-units --all --no-legend --plain | grep -q '^clusterarpd'; }
within 10 forgotten || true # the comparison tells
inventory >/tmp/after
diff -u /tmp/before /tmp/after || fail "purging leaves something behind"
ok "purging leaves nothing behind"
expect "links" "" "$(ip -br link | grep cluster || true)"
expect "the system user remains" clusterarpd "$(id -un clusterarpd)"
