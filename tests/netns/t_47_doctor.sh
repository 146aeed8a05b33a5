#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The doctor on good networks, where it finds nothing, and on a switch that snoops.
# run: once

# shellcheck source-path=SCRIPTDIR source=doctor.sh
. "$(dirname "$0")/doctor.sh"

# --- good networks ---

lab_nodes 3 family=46 mtu=9000
for settings in "" "source_mac=masked arp=directed" "dedicated_mac=multicast source_mac=masked" \
	"arp=directed strict=yes"; do
	# shellcheck disable=SC2086
	lab_config gateway=12.12.4.200 $settings
	lab_start_all
	expect_found "good, ${settings:-defaults}" alpha ""
	lab_stop_all
done
# With IPv6 alone.
LAB_FAMILY=6 lab_config
lab_start_all
expect_found "good, IPv6 alone" beta ""
lab_stop_all

lab_config gateway=12.12.4.200
lab_start_all
expect "outsiders that answer" "1 1" \
	"$(examine beta >/dev/null && jq -r '.doctor.outsiders | "\(.asked) \(.answered)"' "$LAB_DIR/doctor")"
doctor alpha >"$LAB_DIR/text" || fail "doctor: $(cat "$LAB_DIR/text")"
grep -qx 'Nothing is wrong.' "$LAB_DIR/text" || fail "doctor: $(cat "$LAB_DIR/text")"
# Two at once share a run.
doctor alpha -j >"$LAB_DIR/one" &
doctor alpha -j >"$LAB_DIR/two"
wait $!
expect "two at once" "$(jq .doctor.run "$LAB_DIR/one")" "$(jq .doctor.run "$LAB_DIR/two")"
lab_stop_all

# --- a switch that snoops ---

bridge_set() { echo "$2" | on sw tee "/sys/class/net/br0/bridge/$1" >/dev/null; }
LAB_FAMILY=46 lab_config dedicated_mac=multicast source_mac=masked
lab_start_all
on sw sysctl -qw net.ipv6.conf.br0.disable_ipv6=0
within "$(seconds 5)" lab_settled sw || fail "br0: its address remains tentative"
bridge_set multicast_query_interval 200
bridge_set multicast_query_response_interval 100
bridge_set multicast_startup_query_interval 100
ip -n sw link set br0 type bridge mcast_snooping 1 mcast_mld_version 2
ip -n sw link set br0 type bridge mcast_querier 1
sleep 5
expect_found "snooping with a querier, group MACs" alpha "beta:snooping gamma:snooping"
lab_stop_all
LAB_FAMILY=46 lab_config
lab_start_all
expect_found "snooping with a querier, individual MACs" alpha ""
lab_stop_all
