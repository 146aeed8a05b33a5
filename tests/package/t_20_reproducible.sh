# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Built twice, elsewhere and otherwise, the packages are the same, byte for byte.

# shellcheck source-path=SCRIPTDIR source=package.sh
. "$(dirname "$0")/package.sh"

cp -a "$SOURCE" "$WORK/somewhere-else-altogether"
age "$WORK" now
(
	umask 027
	export TZ=Asia/Kathmandu LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS=nocheck
	build_package "$WORK/somewhere-else-altogether"
)
count=0
# shellcheck disable=SC2153 # not $package
for package in "$PACKAGE"/*.deb; do
	cmp "$package" "$WORK/$(basename "$package")" || fail "$(basename "$package") differs"
	count=$((count + 1))
done
expect "packages compared (with that of debugging symbols)" 2 "$count"
