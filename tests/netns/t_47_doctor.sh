#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The doctor on switches that are wrong in each way that it names, one at a time: it finds and names
# each, and nothing on a good network.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

LIMIT_MS=10000

# doctor NODE [OPTIONS]: takes longer than ctl() waits.
doctor() { timeout -k 1 "$(seconds 20)" "$CLUSTERARPCTL" -s "$(socket_of "$1")" "${@:2}" doctor; }
# examine NODE: its findings, PEER:ID each, sorted. The exit status agrees with them.
examine() {
	local rc=0 from
	from=$(now_ms)
	doctor "$1" -j >"$LAB_DIR/doctor" 2>"$LAB_DIR/output" || rc=$?
	expect_num "$1: ms" "$(($(now_ms) - from))" "<=" "$(seconds "$LIMIT_MS")" >>"$LAB_DIR/times"
	jq -r '.doctor.findings[] | "\(.peer // ""):\(.id)"' "$LAB_DIR/doctor" >"$LAB_DIR/found" ||
		fail "$1: no result: $(cat "$LAB_DIR/doctor" "$LAB_DIR/output")"
	[ "$rc" = "$([ -s "$LAB_DIR/found" ] && echo 1 || echo 0)" ] ||
		fail "$1: exit status $rc, findings: $(cat "$LAB_DIR/found")"
	sort "$LAB_DIR/found" | paste -sd ' '
}
# expect_found WHAT NODE FINDINGS
expect_found() {
	local found
	found=$(examine "$2")
	[ "$found" = "$3" ] || fail "$1: $2 found '$found', not '$3': $(cat "$LAB_DIR/doctor")"
	ok "$1: $2: ${3:-nothing is wrong}"
}

port() { bridge -n sw link set dev "p_$1" "${@:2}"; }
# firewall RULE: on the switch; firewall_off
firewall() {
	on sw nft -f - <<-END
		table bridge filter {
			chain forward {
				type filter hook forward priority 0
				$1
			}
		}
	END
}
firewall_off() { on sw nft delete table bridge filter; }
# restart NODE CONFIG [RUNS-AS]: with another file
restart() {
	lab_stop "$1"
	LAB_CONF=$2 lab_start "$1"
}

# --- good networks ---

lab_nodes 3 family=46 mtu=9000
for settings in "" "source_mac=masked arp=directed" "advertise=all" "dedicated_mac=multicast source_mac=masked" \
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

# --- the switch floods not, or has learnt the cluster MAC ---

port beta flood off
expect_found "a port without flooding" alpha "beta:no_flood"
expect_found "the same, there" beta ":no_flood"
port beta flood on
bridge -n sw fdb add "$LAB_CLUSTER_MAC" dev p_out master static
expect_found "the cluster MAC at an outsider's port" alpha ":cluster_mac_learnt"
bridge -n sw fdb del "$LAB_CLUSTER_MAC" dev p_out master
bridge -n sw fdb add "$LAB_CLUSTER_MAC" dev p_gamma master static
expect_found "the cluster MAC at gamma's port" alpha ":cluster_mac_learnt"
grep -q 'reach gamma' "$LAB_DIR/doctor" || fail "gamma is not named: $(cat "$LAB_DIR/doctor")"
expect_found "the same, there" gamma ":cluster_mac_learnt"
bridge -n sw fdb del "$LAB_CLUSTER_MAC" dev p_gamma master

# --- frames that do not pass ---

ip -n sw link set p_beta mtu 1500
expect_found "jumbo frames do not pass" alpha "beta:mtu"
ip -n sw link set p_beta mtu 9000
firewall "iifname p_alpha ether saddr != 52:54:00:00:00:01 drop"
expect_found "a filter for source MACs" alpha ":not_sending"
expect_found "the same, from a peer" beta "alpha:peer_absent"
firewall_off
firewall "oifname p_beta ether saddr $(dedicated_mac alpha) drop"
expect_found "from alpha to beta nothing passes" alpha "beta:peer_deaf"
firewall_off
firewall "ether type arp ether daddr ff:ff:ff:ff:ff:ff oifname p_beta drop"
expect_found "broadcasts do not reach beta" alpha "beta:no_broadcast"
firewall_off
firewall "ether daddr $(dedicated_mac beta) oifname p_beta drop"
expect_found "unicast does not reach beta" alpha "beta:no_unicast"
firewall_off
for node in "${LAB_NODES[@]}"; do port "$node" isolated on; done
expect_found "isolated ports" alpha ":isolated"
port gamma isolated off
expect_found "isolated from beta alone" alpha "beta:peer_absent"
for node in "${LAB_NODES[@]}"; do port "$node" isolated off; done
ip -n sw link set p_alpha down
expect_found "no cable" alpha ":nic"
ip -n sw link set p_alpha up
firewall "oifname p_alpha drop; iifname p_alpha drop"
within "$(seconds 5)" eval '[ "$(examine alpha)" = :nothing_heard ]' ||
	fail "another VLAN: alpha found '$(examine alpha)': $(cat "$LAB_DIR/doctor")"
ok "another VLAN: alpha: :nothing_heard"
firewall_off
# With traffic that goes on, but no ARP.
on alpha ip neigh replace "$(addr_of beta)" lladdr "$(dedicated_mac beta)" nud permanent dev cluster0
on beta ip neigh replace "$(addr_of alpha)" lladdr "$(dedicated_mac alpha)" nud permanent dev cluster0
on beta ping -n -q -i 0.1 "$(addr_of alpha)" >/dev/null &
PING=$!
firewall "ether type arp drop; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } drop"
expect_found "ARP is filtered" alpha ":arp_filtered"
firewall_off
firewall "ether type arp iifname p_beta drop"
expect_found "ARP of beta is filtered" alpha "beta:arp_filtered"
firewall_off
kill "$PING"
wait "$PING" 2>/dev/null || true
expect_found "mended" alpha ""

# --- what comes back ---

on out tc qdisc add dev eth0 clsact
on out tc filter add dev eth0 ingress protocol all u32 match u32 0 0 action mirred egress redirect dev eth0
[[ " $(examine alpha) " = *" :loop "* ]] || fail "a loop: alpha found $(cat "$LAB_DIR/found")"
ok "a loop: alpha: :loop"
on out tc qdisc del dev eth0 clsact
sleep 1.2 # the switch learns anew where alpha is, by its questions

# --- two hosts as one node ---

lab_host twin 52:54:00:00:00:77
mkdir -p /run/clusterarpd/twin
ip netns exec twin "$CLUSTERARPD" -c "$LAB_CONF" -n beta -s "$(socket_of twin)" >"$LAB_DIR/twin.log" 2>&1 </dev/null &
TWIN=$!
within "$(seconds 5)" lab_up twin || fail "the twin does not start: $(cat "$LAB_DIR/twin.log")"
[[ " $(examine alpha) " = *" beta:two_hosts "* ]] || fail "two hosts: alpha found $(cat "$LAB_DIR/found")"
ok "two hosts run as beta: alpha: beta:two_hosts"
[[ " $(examine beta) " = *" :twin "* ]] || fail "two hosts: beta found $(cat "$LAB_DIR/found")"
ok "two hosts run as beta: beta: :twin"
kill "$TWIN"
wait "$TWIN" || fail "the twin: exit status $?"
sleep 1.2

# --- other files ---

ours=$LAB_CONF
sed "/\[node beta\]/a mac = 06:bf:00:00:00:99" "$ours" >"$LAB_DIR/mac.conf"
restart beta "$LAB_DIR/mac.conf"
[[ " $(examine alpha) " = *" beta:other_mac "* ]] || fail "another MAC: alpha found $(cat "$LAB_DIR/found")"
ok "another dedicated MAC in beta's file: alpha: beta:other_mac"
sed "s/12\.12\.4\.101/12.12.4.111/; s/2001:db8:4::101/2001:db8:4::111/" "$ours" >"$LAB_DIR/address.conf"
restart beta "$LAB_DIR/address.conf"
[[ " $(examine alpha) " = *" beta:other_file "* ]] || fail "another address: alpha found $(cat "$LAB_DIR/found")"
ok "another address of alpha in beta's file: alpha: beta:other_file"
sed "s/^\[cluster\]/&\nmac = 02:bf:00:00:00:99/" "$ours" >"$LAB_DIR/cluster.conf"
restart beta "$LAB_DIR/cluster.conf"
examine alpha >/dev/null
grep -q 'its file has another cluster MAC' "$LAB_DIR/doctor" ||
	fail "another cluster MAC: alpha found $(cat "$LAB_DIR/found")"
ok "another cluster MAC in beta's file: alpha: $(paste -sd ' ' "$LAB_DIR/found")"
restart beta "$ours"
lab_kill gamma
expect_found "gamma is down" alpha "gamma:peer_absent"
lab_start gamma

# --- while it runs ---

doctor alpha >"$LAB_DIR/text" 2>&1 &
RUN=$!
sleep 1
ctl alpha reload >/dev/null
rc=0
wait "$RUN" || rc=$?
expect "a reload meanwhile: exit status" 1 "$rc"
grep -q 'reloaded meanwhile' "$LAB_DIR/text" || fail "a reload meanwhile: $(cat "$LAB_DIR/text")"
lab_stop_all

# --- a switch that snoops ---

bridge_set() { echo "$2" | on sw tee "/sys/class/net/br0/bridge/$1" >/dev/null; }
LAB_FAMILY=46 lab_config dedicated_mac=multicast source_mac=masked
lab_start_all
on sw sysctl -qw net.ipv6.conf.br0.disable_ipv6=0
within 5 lab_settled sw || fail "br0: its address remains tentative"
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
sort "$LAB_DIR/times" | tail -n 1
