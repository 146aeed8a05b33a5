# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A second build in another directory, with other file times, umask, time zone and locale, gives
# the same packages, byte for byte.

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
expect "packages compared (including debugging symbols)" 4 "$count"
