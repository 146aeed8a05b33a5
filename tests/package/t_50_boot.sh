# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# On a booted overlay of this system without the build dependencies: from installing the
# package to purging it (installed.sh, which runs inside).

# shellcheck source-path=SCRIPTDIR source=package.sh
. "$(dirname "$0")/package.sh"

# tests/systemd/run calls `make install`. This Makefile's install copies the package's file into
# the overlay and removes the build dependencies there. It also removes policy-rc.d, which in a
# container keeps services from being started and stopped.
needed=$(perl -MDpkg::Control::Info -MDpkg::Deps -e '
	my $control = Dpkg::Control::Info->new($ARGV[0]);
	my $deps = deps_parse($control->get_source()->{"Build-Depends"});
	print join(" ", grep { !/^debhelper-compat$|^dh-sequence-/ } map { $_->{package} } $deps->get_deps());
' "$SOURCE/debian/control")
cat >"$WORK/Makefile" <<MAKE
install:
	cp $PACKAGE/clusterarpd_*.deb '\$(DESTDIR)/clusterarpd.deb'
	cp $PACKAGE/clusterarpd-corosync_*.deb '\$(DESTDIR)/clusterarpd-corosync.deb'
	rm -f '\$(DESTDIR)/usr/sbin/policy-rc.d'
	DEBIAN_FRONTEND=noninteractive chroot '\$(DESTDIR)' apt-get purge -qq -y \\
		build-essential gcc make debhelper $needed </dev/null
MAKE
BOOT_LIMIT=240 "$(dirname "$0")/../systemd/run" "$WORK" "$(dirname "$0")/installed.sh"
