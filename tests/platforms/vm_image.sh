# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# vm_image.sh: the disk of the virtual machine. vm_image RELEASE TESTS leaves in $VM_WORK: image (ext4, the
# root file system, with the package and the tests), vmlinuz, initrd and debian_version.
#
# A system with kernel and tools is made once, in DEBIAN_CACHE/RELEASE/vm; package and tests are added
# in an overlay over it.

VM_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VM_PACKAGES=(systemd-sysv udev dbus kmod procps iproute2 iputils-ping iputils-arping iperf3 tcpdump tshark jq
	python3 python3-scapy gcc libc6-dev nftables conntrack socat ethtool libteam-utils ifupdown network-manager)

# Only the modules that the root file system needs, so that the emulated processor unpacks little.
vm_initramfs() {
	local etc=$1/etc/initramfs-tools
	sed -i 's/^MODULES=.*/MODULES=list/' "$etc/initramfs.conf"
	printf '%s\n' virtio_pci virtio_blk ext4 >>"$etc/modules"
}

# Leaves out drivers that the virtual machine has no hardware for.
vm_leave_out() {
	local what
	for what in sound drivers/gpu drivers/media drivers/net/ethernet drivers/net/wireless; do
		printf 'path-exclude=%s/*\n' "/lib/modules/*/kernel/$what" "/usr/lib/modules/*/kernel/$what"
	done >"$1/etc/dpkg/dpkg.cfg.d/50-vm"
}

vm_tree() {
	local release=$1 tree=$2
	debian_bootstrap "$release" "$tree"
	[ ! -e "$tree/var/lib/vm-tree" ] || return 0
	debian_install "$tree" "${VM_PACKAGES[@]}" initramfs-tools zstd
	vm_initramfs "$tree"
	vm_leave_out "$tree"
	debian_install "$tree" linux-image-amd64
	touch "$tree/var/lib/vm-tree"
}

# vm_overlay TREE NAME: prints a directory that shows TREE, and keeps what is written to it apart.
vm_overlay() {
	local at=$VM_WORK/$2
	mkdir -p "$at/upper" "$at/work" "$at/root"
	mount -t overlay "$2" -o "lowerdir=$1,upperdir=$at/upper,workdir=$at/work" "$at/root"
}

# The build system of the release, with what the package is built with.
vm_build_tree() {
	local release=$1 tree=$2
	debian_bootstrap "$release" "$tree"
	install -m 755 "$VM_TOP/quickstart" "$tree/quickstart"
	debian_mount "$tree"
	debian_run "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /quickstart stage:deps_package
	debian_umount "$tree"
	rm "$tree/quickstart"
}

# Builds the package, and the programs of tests/fuzz, in a build system of the release;
# leaves the sources with the build in $VM_WORK/source, the packages in $VM_WORK.
vm_package() {
	local tree=$DEBIAN_CACHE/$1/root root=$VM_WORK/build/root
	vm_build_tree "$1" "$tree"
	vm_overlay "$tree" build
	rm -rf --one-file-system "$root/src"
	copy_source "$VM_TOP" "$root/src/source"
	debian_mount "$root"
	debian_run "$root" sh -c 'cd /src/source && DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b &&
		make -s -j 2 tests/fuzz/datapaths tests/fuzz/explain tests/fuzz/veth' >"$VM_WORK/build.log" 2>&1 || {
		tail -n 40 "$VM_WORK/build.log" >&2
		return 1
	}
	debian_umount "$root"
}

# Installs the package into ROOT, as on any host.
vm_install() {
	local root=$1
	cp "$VM_WORK/build/root/src/"clusterarpd_*.deb "$root/clusterarpd.deb"
	debian_apt "$root" install /clusterarpd.deb
	rm "$root/clusterarpd.deb" "$root/usr/sbin/policy-rc.d"
}

# vm_furnish ROOT TESTS: the tests, and the unit that runs them.
vm_furnish() {
	local root=$1 at=$1/opt/clusterarpd unit
	mkdir -p "$at/build/tests/fuzz"
	cp -a "$VM_WORK/build/root/src/source/tests" "$at"
	cp "$at"/tests/fuzz/{datapaths,explain,veth} "$at/build/tests/fuzz"
	echo "$2" >"$at/list"
	echo "${LAB_LIMIT:-1800}" >"$at/limit"
	install -m 644 "$at/tests/platforms/guest/under-test.service" "$root/etc/systemd/system/"
	ln -s ../under-test.service "$root/etc/systemd/system/multi-user.target.wants/"
	# At most one of these is to configure NICs, and only in its own test.
	for unit in networking NetworkManager NetworkManager-wait-online NetworkManager-dispatcher systemd-networkd; do
		debian_run "$root" systemctl -q disable "$unit" 2>/dev/null || true
	done
	echo alpha >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n127.0.1.1 alpha\n' >"$root/etc/hosts"
	printf '/dev/vda / ext4 defaults 0 0\n' >"$root/etc/fstab"
	cp "$root/etc/debian_version" "$VM_WORK"
}

# The file system has room for what the tests write, and is sparse.
vm_disk() {
	mke2fs -q -t ext4 -O '^has_journal' -d "$1" "$VM_WORK/image" 5G
	cp "$1"/boot/vmlinuz-* "$VM_WORK/vmlinuz"
	cp "$1"/boot/initrd.img-* "$VM_WORK/initrd"
}

vm_image() {
	local tree=$DEBIAN_CACHE/$1/vm root=$VM_WORK/vm/root
	vm_tree "$1" "$tree"
	vm_package "$1"
	vm_overlay "$tree" vm
	vm_install "$root"
	vm_furnish "$root" "$2"
	vm_disk "$root"
}
