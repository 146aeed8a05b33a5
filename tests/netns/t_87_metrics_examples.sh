#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples for Prometheus and Grafana: promtool takes the alert rules and their tests pass; the
# dashboard has the form that Grafana documents, each of its expressions is PromQL, and each metric in
# rules and dashboard is one that the daemon has. The command line of the textfile collector's unit.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

EXAMPLES=$LAB_TOP/../../examples
command -v promtool >/dev/null || fail "no promtool: ./quickstart stage:promtool"

expect_rc 0 "promtool check rules" promtool check rules "$EXAMPLES/prometheus/alerts.yml"
(cd "$EXAMPLES/prometheus" && expect_rc 0 "promtool test rules" promtool test rules alerts.test.yml)
rules=$(grep -c '^ *- alert:' "$EXAMPLES/prometheus/alerts.yml")
expect "rules with a test of their own" "$rules" \
	"$(awk '/exp_alerts/ { print name } /alertname/ { name = $3 }' "$EXAMPLES/prometheus/alerts.test.yml" | sort -u | wc -l)"

lab_nodes 2
lab_config shares=driven
lab_start_all
ctl alpha shares set --epoch 1 --ttl 60 alpha beta >/dev/null
expect_reach alpha beta
heard() { ctl alpha metrics | grep -q '^clusterarpd_peer_latency_seconds{'; }
within "$(seconds 5)" heard || fail "no latency of beta in the metrics"
cp "$LAB_CONF" "$LAB_DIR/good" # a problem, so that its metric has a sample
echo nonsense >>"$LAB_CONF"
! ctl alpha reload >/dev/null 2>&1 || fail "an invalid file is accepted"
ctl alpha metrics >"$LAB_DIR/metrics"
promtool check metrics <"$LAB_DIR/metrics" >"$LAB_DIR/output" 2>&1 || fail "promtool check metrics: $(cat "$LAB_DIR/output")"

expect_rc 0 "the dashboard" /usr/bin/python3 "$LAB_TOP/dashboard.py" check "$EXAMPLES/grafana/clusterarpd.json" "$LAB_DIR/metrics"
cat "$LAB_DIR/output"
/usr/bin/python3 "$LAB_TOP/dashboard.py" rules "$EXAMPLES/grafana/clusterarpd.json" >"$LAB_DIR/panels.yml"
expect_rc 0 "its expressions" promtool check rules "$LAB_DIR/panels.yml"
while read -r name; do
	grep -q "^# HELP $name " "$LAB_DIR/metrics" || fail "alerts.yml: there is no metric $name"
done < <(grep -oE 'clusterarpd_[a-z_]+' <(grep 'expr:' "$EXAMPLES/prometheus/alerts.yml") | sort -u)
ok "each metric of the rules is there"

# What ExecStart= runs, with clusterarpctl of this daemon.
mkdir "$LAB_DIR/bin" "$LAB_DIR/collector"
printf '#!/bin/sh\nexec %s -s %s "$@"\n' "$CLUSTERARPCTL" "$(socket_of alpha)" >"$LAB_DIR/bin/clusterarpctl"
chmod +x "$LAB_DIR/bin/clusterarpctl"
line=$(sed -n "s/^ExecStart=.*sh -ec '\(.*\)'$/\1/p" "$EXAMPLES/textfile-collector/clusterarpd-metrics.service")
[ -n "$line" ] || fail "no ExecStart="
collect() { FILE=$LAB_DIR/collector/clusterarpd.prom PATH=$LAB_DIR/bin:$PATH /bin/sh -ec "$line"; }
collect || fail "the unit's command fails"
expect "its file" 1 "$(grep -c '^clusterarpd_build_info' "$LAB_DIR/collector/clusterarpd.prom")"
before=$(sha1sum <"$LAB_DIR/collector/clusterarpd.prom")
lab_stop_all
! collect 2>/dev/null || fail "the unit's command succeeds without a daemon"
expect "the file without a daemon" "$before" "$(sha1sum <"$LAB_DIR/collector/clusterarpd.prom")"
