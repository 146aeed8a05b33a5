# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# package.sh: what the tests of the package share. From the runner they have
#   SOURCE   a clean copy of the sources
#   PACKAGE  the directory with what dpkg-buildpackage made of them
#   WORK     an empty directory of their own

set -eu

ok() { printf 'ok: %s\n' "$*"; }
fail() {
	printf 'FAILED: %s\n' "$*"
	exit 1
}

# expect WHAT EXPECTED SEEN
expect() {
	[ "$2" = "$3" ] || fail "$1: expected '$2', saw '$3'"
	ok "$1"
}

# build_package DIRECTORY: its result lies beside it.
build_package() {
	(cd "$1" && dpkg-buildpackage -us -uc -b) >"$1.log" 2>&1 || {
		tail -n 60 "$1.log"
		return 1
	}
}

# All files of a directory get other times than they had.
age() { find "$1" -exec touch -h -d "$2" {} +; }
