# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# make dist gives the same archive, byte for byte: from two copies of the sources, and
# from the archive itself.

# shellcheck source-path=SCRIPTDIR source=package.sh
. "$(dirname "$0")/package.sh"

# dist DIRECTORY: prints the archive's name.
dist() {
	(
		cd "$1"
		[ -x configure ] || ./autogen.sh
		./configure --quiet
		make -s dist
	) >"$1.log" 2>&1 || {
		cat "$1.log" >&2
		return 1
	}
	echo "$1"/clusterarpd-*.tar.xz
}

time=$(dpkg-parsechangelog -l "$SOURCE/debian/changelog" -S Timestamp)
cp -a "$SOURCE" "$WORK/one"
age "$WORK/one" 2001-02-03
first=$(SOURCE_DATE_EPOCH=$time dist "$WORK/one")

cp -a "$SOURCE" "$WORK/another-one"
second=$(umask 027 && chmod -R go-rwx "$WORK/another-one" && TZ=Asia/Kathmandu SOURCE_DATE_EPOCH=$time dist "$WORK/another-one")
cmp "$first" "$second" || fail "two copies of the sources give two archives"
ok "two copies of the sources give the same archive"

mkdir "$WORK/unpacked"
tar -xf "$first" -C "$WORK/unpacked"
third=$(unset SOURCE_DATE_EPOCH && dist "$(echo "$WORK"/unpacked/clusterarpd-*)")
cmp "$first" "$third" || fail "make dist from the archive gives another archive"
ok "make dist from the archive gives the same archive"

tar -tf "$first" | sed 's|^[^/]*/||' | sort >"$WORK/listed"
(cd "$SOURCE" && find . -type f ! -path './.*' -printf '%P\n') | sort >"$WORK/sources"
expect "sources missing from the archive" "" "$(comm -13 "$WORK/listed" "$WORK/sources")"
