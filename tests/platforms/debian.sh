# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# debian.sh: Debian systems in directories, shared by the tests of the platforms.
#
#   debian_private "$0" "$@"              first of all; see there
#   debian_bootstrap RELEASE DIRECTORY    RELEASE: bookworm or trixie
#   debian_install DIRECTORY PACKAGE…     installs what is missing
#   debian_mount DIRECTORY                proc, sys, dev, run and tmp, for programs that run in it
#   debian_run DIRECTORY COMMAND…         runs COMMAND in it, as root in /
#   debian_enter DIRECTORY COMMAND…       the same, but DIRECTORY is the root of all mounts, as on a system of its own: the
#                                         kernel refuses a user namespace to whoever is in a chroot
#   debian_umount DIRECTORY
#   debian_version DIRECTORY PACKAGE      prints the version of an installed package
#   debian_row RELEASE PART TEST CELL…    prints a row of a table, and keeps it
#
# The mirror, its suites for security and updates, and the proxy are those of this system's apt.
# Packages are downloaded once: DEBIAN_CACHE/RELEASE/debs keeps them (default: build/platforms in
# the tree). Needs root and mmdebstrap. A function that fails has written why to stderr.

set -eu
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" LC_ALL=C

: "${DEBIAN_CACHE:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/platforms}"

# debian_private PROGRAM ARGUMENT…: runs the calling program again in mount and PID namespaces of its
# own, and returns only there. What it mounts and starts is gone when it ends, however it ends, and
# nobody else ever sees it.
debian_private() {
	local child rc=0
	if [ -z "${DEBIAN_PRIVATE:-}" ]; then
		[ "$(id -u)" -eq 0 ] || {
			echo "$1: skipped: needs root" >&2
			exit 77
		}
		DEBIAN_PRIVATE=1 setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc -- \
			"$BASH" "$@" <&0 &
		child=$!
		# unshare itself waits for its child and heeds nothing else.
		trap 'kill -KILL $child 2>/dev/null; wait $child 2>/dev/null || true; exit 130' INT TERM HUP
		wait "$child" || rc=$?
		exit "$rc"
	fi
	mount --make-rprivate /
	trap 'exit 130' INT TERM HUP
}

# debian_suites RELEASE: prints lines for sources.list: the release itself, its updates and security, as
# far as this system uses those of its own release.
debian_suites() {
	# shellcheck disable=SC2016 # apt expands these
	local format='$(LABEL)|$(SITE)|$(CODENAME)'
	apt-get indextargets --format "$format" 'Created-By: Packages' | awk -F'|' -v release="$1" '
		$1 ~ /^Debian(-Security)?$/ && $3 ~ /^[a-z]+(-updates|-security)?$/ {
			sub(/^[a-z]+/, release, $3)
			if (!seen[$2, $3]++)
				print "deb", $2, $3, "main"
		}'
}

# Prints the settings for apt in a chroot: among them this system's way to the mirror.
debian_settings() {
	apt-config dump |
		grep -iE '^Acquire::(https?::(Proxy|CaInfo|Verify)|Check-Valid-Until|Retries|ForceIPv)' || true
	echo 'APT::Install-Recommends "false";'
	echo 'Acquire::Languages "none";'
}

# debian_prepare DIRECTORY: certificates for a mirror that needs them; no service starts in a chroot
# (policy-rc.d, which a system that will boot has to lose).
debian_prepare() {
	local dir=$1
	if grep -rq 'deb https:' "$dir"/etc/apt/sources.list*; then
		mkdir -p "$dir/etc/ssl/certs"
		cp -L /etc/ssl/certs/ca-certificates.crt "$dir/etc/ssl/certs/"
	fi
	printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
	chmod 755 "$dir/usr/sbin/policy-rc.d"
	touch "$dir/var/lib/bootstrapped"
}

# debian_bootstrap RELEASE DIRECTORY: makes a minimal system with today's updates; nothing if the
# directory has one already. By mmdebstrap, which takes half of debootstrap's time.
debian_bootstrap() {
	local release=$1 dir=$2 log=$2.log debs=$DEBIAN_CACHE/$1/debs archives=var/cache/apt/archives sources
	[ ! -e "$dir/var/lib/bootstrapped" ] || return 0
	mkdir -p "$debs" "$(dirname "$dir")"
	sources=$(debian_suites "$release")
	[ -n "$sources" ] || {
		apt-get -qq update >&2
		sources=$(debian_suites "$release")
	}
	[ -n "$sources" ] || {
		echo "apt-get indextargets names no archive of Debian" >&2
		return 1
	}
	rm -rf --one-file-system "$dir"
	debian_settings >"$dir.conf"
	mmdebstrap --mode=root --variant=minbase --aptopt="$dir.conf" --dpkgopt=force-unsafe-io \
		--skip=essential/unlink,cleanup/apt \
		--setup-hook="mkdir -p \"\$1/$archives\" && mount --bind '$debs' \"\$1/$archives\"" \
		--customize-hook="umount \"\$1/$archives\"" \
		"$release" "$dir" - <<<"$sources" >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		return 1
	}
	debian_prepare "$dir"
}

# debian_apt DIRECTORY ARGUMENT…: apt-get in it; what it says is shown if it fails.
debian_apt() {
	local dir=$1 mounted='' log=$1.log rc=0
	shift
	mountpoint -q "$dir/proc" || {
		mounted=1
		debian_mount "$dir"
	}
	DEBIAN_FRONTEND=noninteractive debian_run "$dir" apt-get -qq -y -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null || rc=$?
	[ "$rc" -eq 0 ] || tail -n 40 "$log" >&2
	[ -z "$mounted" ] || debian_umount "$dir"
	return "$rc"
}

debian_install() {
	local dir=$1 package missing=()
	shift
	for package in "$@"; do
		dpkg-query --admindir="$dir/var/lib/dpkg" -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q 'ok installed' || missing+=("$package")
	done
	[ "${#missing[@]}" -gt 0 ] || return 0
	[ -n "$(find "$dir/var/lib/apt/lists" -maxdepth 1 -name '*Packages*' -cmin -120)" ] || debian_apt "$dir" update
	debian_apt "$dir" install "${missing[@]}"
}

# Mounts into DIRECTORY what programs expect, with device nodes of its own: nothing that is done in it
# reaches this system's /dev; and the packages of its release. Refused outside of debian_private.
debian_mount() {
	local dir=$1 node major minor release
	[ -n "${DEBIAN_PRIVATE:-}" ] || {
		echo "debian_mount: call debian_private first" >&2
		return 1
	}
	mount --bind "$dir" "$dir" # unshare wants / to be a mount point
	mount -t proc proc "$dir/proc"
	mount --rbind /sys "$dir/sys"
	mount -t tmpfs -o mode=755 run "$dir/run"
	mount -t tmpfs -o mode=1777 tmp "$dir/tmp"
	mount -t tmpfs -o mode=755 dev "$dir/dev"
	for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 kmsg:1:11; do
		IFS=: read -r node major minor <<<"$node"
		mknod -m 666 "$dir/dev/$node" c "$major" "$minor"
	done
	mkdir "$dir/dev/pts" "$dir/dev/shm" "$dir/dev/net"
	mknod -m 666 "$dir/dev/net/tun" c 10 200
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$dir/dev/pts"
	mount -t tmpfs -o mode=1777 shm "$dir/dev/shm"
	ln -s pts/ptmx "$dir/dev/ptmx"
	ln -s /proc/self/fd "$dir/dev/fd"
	for node in stdin:0 stdout:1 stderr:2; do
		ln -s "/proc/self/fd/${node#*:}" "$dir/dev/${node%:*}"
	done
	release=$(sed -n 's/^VERSION_CODENAME=//p' "$dir/etc/os-release")
	mkdir -p "$DEBIAN_CACHE/$release/debs"
	mount --bind "$DEBIAN_CACHE/$release/debs" "$dir/var/cache/apt/archives"
	cp -L /etc/resolv.conf "$dir/etc/resolv.conf" 2>/dev/null || true
}

debian_umount() {
	local dir=$1 at
	for at in var/cache/apt/archives tmp run dev sys proc; do
		! mountpoint -q "$dir/$at" || umount -R "$dir/$at" || umount -R -l "$dir/$at"
	done
	! mountpoint -q "$dir" || umount -l "$dir"
}

debian_run() {
	local dir=$1
	shift
	chroot "$dir" /usr/bin/env -C / HOME=/root TMPDIR=/tmp "$@"
}

debian_enter() {
	local dir=$1
	shift
	# shellcheck disable=SC2016 # for the shell there
	unshare --mount -- sh -ec 'cd "$0"; pivot_root . mnt; exec chroot . sh -ec "umount -l /mnt; exec \"\$@\"" sh "$@"' \
		"$dir" /usr/bin/env -C / HOME=/root TMPDIR=/tmp "$@"
}

# Without epoch and Debian's revision.
debian_version() {
	# shellcheck disable=SC2016 # dpkg-query expands it
	dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${Version}' "$2" 2>/dev/null | sed 's/^[0-9]*://; s/-[^-]*$//'
}

# debian_row RELEASE PART TEST CELL…: prints the cells, one of which is TEST, as a row of PART's table, and keeps
# it in DEBIAN_CACHE/RELEASE/rows.PART, in the place of the one that is there for TEST.
debian_row() {
	local rows=$DEBIAN_CACHE/$1/rows.$2 test=$3 row
	shift 3
	row=$(printf '| %s ' "$@")'|'
	echo "$row"
	touch "$rows"
	awk -v "test=| $test |" -v "row=$row" 'index($0, test) { $0 = row; there = 1 }
		{ print }
		END { if (!there) print row }' "$rows" >"$rows.new"
	mv "$rows.new" "$rows"
}
