# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# package.sh: shared by the tests of the package. The runner sets
#   SOURCE   a clean copy of the sources
#   PACKAGE  the directory with the output of dpkg-buildpackage
#   WORK     an empty directory for the test

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

# Lists the source files of a clone or of an unpacked archive, without build output.
list_source() {
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files -z --cached --others --exclude-standard
	else
		find . -path './build*' ! -path './build-aux*' -prune -o -type f -print0
	fi
}

# copy_source TREE DIRECTORY
copy_source() {
	mkdir -p "$2"
	(cd "$1" && list_source | tar --null --ignore-failed-read -cf - -T - 2>/dev/null) |
		tar -xf - -C "$2"
}

# build_package DIRECTORY: the packages go into the parent directory.
build_package() {
	(cd "$1" && dpkg-buildpackage -us -uc -b) >"$1.log" 2>&1 || {
		tail -n 60 "$1.log"
		return 1
	}
}

# age DIRECTORY TIME: sets the modification times of all files in a directory.
age() { find "$1" -exec touch -h -d "$2" {} +; }
