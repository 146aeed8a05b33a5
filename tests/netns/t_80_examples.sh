#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each example is accepted as it is, for each of its nodes, and does in the lab what its comments
# say.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

EXAMPLES=$(cd "$LAB_TOP/../../examples" && pwd)
nodes_of() { sed -n 's/^\[node \(.*\)\]$/\1/p' "$1"; }

# Accepted, without output on stderr.
mapfile -t files < <(find "$EXAMPLES" -name '*.conf' ! -path '*.service.d/*' ! -name corosync.conf | sort)
expect_num "files" "${#files[@]}" ">=" 4
for file in "${files[@]}"; do
	mapfile -t nodes < <(nodes_of "$file")
	expect_num "nodes of ${file#"$EXAMPLES"/}" "${#nodes[@]}" ">=" 2
	for node in "${nodes[@]}"; do
		expect_rc 0 "clusterarpd -t -n $node" "$CLUSTERARPD" -t -c "$file" -n "$node"
		"$CLUSTERARPD" -t -c "$file" -n "$node" 2>&1 >/dev/null | tee "$LAB_DIR/words"
		[ ! -s "$LAB_DIR/words" ] || fail "output on stderr for ${file#"$EXAMPLES"/}"
	done
done

# expect_frames HOST OP N A ADDRESS: how many frames reach HOST while A sends 100 pings to ADDRESS.
expect_frames() {
	local host=$1 op=$2 n=$3 before
	before=$(on sw cat "/sys/class/net/p_$host/statistics/tx_packets")
	on "$4" ping -q -n -c 100 -i 0.005 -W "$LAB_REPLY" "$5" >"$LAB_DIR/output" ||
		fail "$4 does not reach $5: $(cat "$LAB_DIR/output")"
	expect_num "frames at $host, 100 pings from $4 to $5" \
		$(($(on sw cat "/sys/class/net/p_$host/statistics/tx_packets") - before)) "$op" "$n"
}

say "two-nodes.conf"
lab_nodes 3
lab_plain plain1 201
LAB_NODES=(alpha beta)
LAB_CONF=$EXAMPLES/two-nodes.conf
lab_start_all
ping_all_pairs
cluster_pings() { on out ping -n -c 3 -i 0.2 -W "$LAB_REPLY" "$LAB_CLUSTER_IP" 2>&1; }
cluster_pings >"$LAB_DIR/output" || fail "out does not reach the cluster address: $(cat "$LAB_DIR/output")"
expect_num "lines with DUP!" "$(grep -c 'DUP!' "$LAB_DIR/output")" ">=" 1
expect_frames beta ">=" 100 out 12.12.4.101
lab_stop_all

say "unicast-no-flooding.conf"
LAB_NODES=(alpha beta gamma)
LAB_CONF=$EXAMPLES/unicast-no-flooding.conf
lab_start_all
ping_all_pairs
expect_frames beta "<=" 20 out 12.12.4.101
expect_frames gamma "<=" 20 beta 12.12.4.101
expect_frames plain1 ">=" 100 out "$LAB_CLUSTER_IP"
lab_stop_all

say "keepalived-notify"
# The script, as keepalived runs it.
notify() {
	expect_rc "$1" "keepalived-notify on $2: $3" ip netns exec "$2" env \
		CLUSTERARPCTL="$CLUSTERARPCTL -s $(socket_of "$2")" "$EXAMPLES/keepalived-notify" \
		INSTANCE cluster "$3" 100
}
# expect_one WHAT N: N pings of three are answered, none twice.
expect_one() {
	cluster_pings >"$LAB_DIR/output" || true
	expect "$1: answers" "$2" "$(grep -c 'icmp_seq=.*ms$' "$LAB_DIR/output" || true)"
	expect "$1: duplicates" 0 "$(grep -c 'DUP!' "$LAB_DIR/output" || true)"
}
LAB_NODES=(alpha beta)
lab_config shares=driven
lab_start_all
expect_one "before the first order" 0
notify 0 alpha BACKUP
notify 0 beta BACKUP
expect_one "no master" 0
notify 0 beta MASTER
expect_one "beta is the master" 3
expect "beta's share" 4096 "$(ctl beta -j shares | jq '.shares.nodes[] | select(.self).owned')"
notify 0 beta FAULT # in the same second
notify 0 alpha MASTER
expect_one "alpha is the master" 3
expect "beta's share" 0 "$(ctl beta -j shares | jq '.shares.nodes[] | select(.self).owned')"
notify 0 alpha STOP
expect_one "no master" 0
notify 1 alpha DELETED
lab_stop_all
notify 1 alpha MASTER # no daemon

say "several-clusters"
# A second switch, with a NIC for each host.
ip -n sw link add br1 up type bridge mcast_snooping 0 stp_state 0
n=0
for host in alpha beta out; do
	n=$((n + 1))
	lab_veth "$host" eth1 "52:54:00:00:01:0$n" "q_$host"
	ip -n sw link set "q_$host" master br1
	ip -n "$host" link set eth1 up
done
ip -n out addr add 10.0.10.200/24 dev eth0
ip -n out addr add 10.0.20.200/24 dev eth1
# start_both NODE: two daemons on one host, as NODE.web and NODE.database for lab_stop.
start_both() {
	local name
	for name in web database; do
		mkdir -p "/run/clusterarpd/$1.$name"
		ip netns exec "$1" "$CLUSTERARPD" -c "$EXAMPLES/several-clusters/$name.conf" -n "$1" \
			-s "$(socket_of "$1.$name")" >>"$LAB_DIR/$1.$name.log" 2>&1 </dev/null &
		LAB_PID[$1.$name]=$!
		within "$(seconds 5)" lab_up_or_dead "$1.$name" || fail "$1.$name: no answer"
		lab_up "$1.$name" || fail "$1: $(tail -n 5 "$LAB_DIR/$1.$name.log")"
	done
}
# answers HOST ADDRESS: each ping is answered once.
answers() {
	within "$(seconds 5)" on "$1" ping -n -c 1 -W "$LAB_REPLY" "$2" >/dev/null 2>&1 || fail "$1 does not reach $2"
	on "$1" ping -n -c 3 -i 0.2 -W "$LAB_REPLY" "$2" >"$LAB_DIR/output" 2>&1 || fail "$1 does not reach $2"
	! grep -E 'DUP!|Redirect' "$LAB_DIR/output" || fail "$1 to $2: duplicates or redirects"
	ok "$1 reaches $2"
}
start_both alpha
start_both beta
for net in 10 20; do
	answers alpha "10.0.$net.102"
	answers beta "10.0.$net.101"
	answers out "10.0.$net.101"
	answers beta "10.0.$net.200"
	on out ping -n -c 1 -W "$LAB_REPLY" "10.0.$net.100" >/dev/null || fail "out does not reach the cluster in 10.0.$net"
done
expect "beta on alpha's web0" "06:bf:0a:00:0a:66" "$(table alpha 10.0.10.102 web0)"
expect "beta on alpha's database0" "06:bf:0a:00:14:66" "$(table alpha 10.0.20.102 database0)"
LAB_NODES=(alpha.web alpha.database beta.web beta.database)
lab_stop_all
