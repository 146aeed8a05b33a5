# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# examples/textfile-collector: the timer writes the metrics where node_exporter reads them, as its user;
# a file is never there in part, and stays when the daemon does not answer.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

network
configure
systemctl start clusterarpd || fail "clusterarpd does not start"

# As Debian's prometheus-node-exporter leaves them, with the chown that the unit asks for.
DIR=/var/lib/prometheus/node-exporter
id prometheus >/dev/null 2>&1 || useradd --system --home-dir /var/lib/prometheus prometheus
mkdir -p $DIR
chown prometheus:prometheus /var/lib/prometheus
chown prometheus $DIR
cp /usr/share/doc/clusterarpd/examples/textfile-collector/clusterarpd-metrics.* /etc/systemd/system/
systemctl daemon-reload
systemd-analyze verify /etc/systemd/system/clusterarpd-metrics.service 2>&1 | grep clusterarpd-metrics &&
	fail "systemd does not understand the unit"

FILE=$DIR/clusterarpd.prom
is_newer() { [ -s "$FILE" ] && [ "$(stat -c %Y.%i "$FILE")" != "$1" ]; }
systemctl start clusterarpd-metrics.timer || fail "the timer does not start"
within 10 is_newer "" || fail "no metrics: $(systemctl status clusterarpd-metrics.service)"
first=$(stat -c %Y.%i "$FILE")
expect "owner and mode" "prometheus 644" "$(stat -c '%U %a' "$FILE")"
grep -q '^clusterarpd_build_info{.*node="alpha"' "$FILE" || fail "not the metrics: $(head "$FILE")"
expect "files in the directory" "clusterarpd.prom" "$(ls $DIR)"
within 30 is_newer "$first" || fail "the metrics are not renewed"
ok "the metrics are renewed"

# The daemon stops: the unit fails, the file stays as it was.
systemctl stop clusterarpd-metrics.timer
systemctl stop clusterarpd
before=$(sha1sum <"$FILE")
! systemctl start clusterarpd-metrics.service 2>/dev/null || fail "the unit succeeds without the daemon"
expect "the file without the daemon" "$before" "$(sha1sum <"$FILE")"
