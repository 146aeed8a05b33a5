# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lintian finds neither errors nor warnings, and nothing is overridden.

# shellcheck source-path=SCRIPTDIR source=package.sh
. "$(dirname "$0")/package.sh"

expect "overrides" "" "$(find "$SOURCE/debian" -name '*lintian-overrides')"
lintian --allow-root --fail-on error,warning "$PACKAGE"/*.changes || fail "lintian reports errors or warnings"
ok "lintian"
