#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The TAP is deleted, or moved to another network namespace, 6 times each (20 with LAB_ALL): the daemon makes it
# again with its MAC, addresses, routes and neighbour entries, and traffic flows again within
# 500 ms. If another device has taken its name by then, the daemon ends and restores the NIC.
# Neighbour entries that the daemon installed (seed) are there again when the carrier comes back.
#
# run: alone

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=outage.sh
. "$LAB_TOP/outage.sh"

TIMES=$([ -n "${LAB_ALL:-}" ] && echo 20 || echo 6)
SOON=$(seconds 500) # ms
lab_nodes 2 family=46
NIC=$(nic_mac alpha)
ip -n out addr add 192.0.2.77/25 dev eth0
ip -n out addr add 198.51.100.1/32 dev lo

said() { grep -cE -- "$1" "$LAB_DIR/${2:-alpha.log}" || true; }
fds() { find "/proc/${LAB_PID[alpha]}/fd" -mindepth 1 | wc -l; }
carrier_is() { [ "$(on alpha cat /sys/class/net/cluster0/carrier 2>/dev/null)" = "$1" ]; }
# tap: the TAP's state, without its index and without learnt neighbour entries. (Duplicate address
# detection was done on the first TAP: the addresses of later ones have the flag nodad.)
tap_is_like() { [ "$(tap)" = "$1" ]; }
tap() {
	ip -n alpha -j -d link show cluster0 2>/dev/null |
		jq -c '.[0] | [.address, .mtu, .flags, .inet6_addr_gen_mode]'
	ip -n alpha addr show cluster0 2>/dev/null | awk '$1 ~ /^inet/ { sub(/ nodad/, ""); print }'
	ip -n alpha route show table all dev cluster0
	ip -n alpha -6 route show table all dev cluster0
	ip -n alpha neigh show dev cluster0 nud permanent | sort
}
start() {
	lab_config "$@"
	: >"$LAB_DIR/alpha.log"
	lab_start alpha
}

# known ADDRESS: the neighbour entry that clusterarpctl reports.
known() { ctl alpha -j neigh | jq -r --arg a "$1" '.neighbours[] | select(.dst == $a) | "\(.dev) \(.lladdr // "-")"'; }
known_is() { [ "$(known "$1")" = "$2" ]; }

delete() { ip -n alpha link del cluster0; }
take_away() { ip -n alpha link set cluster0 netns sw; }

# expect_renewed WHAT BYTE: the new TAP is like the old one, and the daemon follows its neighbour
# table. BYTE: last byte of the MAC of an entry that only this TAP gets.
expect_renewed() {
	soon "$SOON" tap_is_like "$TAP" || fail "$1: the TAP is $(tap), not $TAP"
	! ip -n sw link show cluster0 >/dev/null 2>&1 || fail "$1: a TAP is left in the other namespace"
	soon "$SOON" known_is 12.12.4.66 "" || fail "$1: an entry of the old TAP is still reported"
	ip -n alpha neigh add 12.12.4.66 lladdr "02:00:00:00:00:$2" dev cluster0
	soon "$SOON" known_is 12.12.4.66 "cluster0 02:00:00:00:00:$2" ||
		fail "$1: the new TAP's entries are not reported: $(ctl alpha -j neigh)"
	soon "$SOON" known_is 12.12.4.102 "cluster0 $(dedicated_mac beta)" ||
		fail "$1: beta's entry is not reported: $(ctl alpha -j neigh)"
	ip -n alpha neigh del 12.12.4.66 dev cluster0
}

# renew WHAT FUNCTION: deletes or moves the TAP, TIMES times, and checks the new one.
renew() {
	local i start in out pid address from=$LAB_DIR/beta-alpha to=$LAB_DIR/alpha-out
	: >"$from"
	: >"$to"
	for ((i = 0; i < TIMES; i++)); do
		start=$(clock)
		"$2"
		answered beta 12.12.4.101 >"$LAB_DIR/answered" &
		pid=$!
		out=$(answered alpha 12.12.4.200)
		wait "$pid" || fail "$1, $i: beta does not reach alpha"
		in=$(cat "$LAB_DIR/answered")
		echo $((in - start)) >>"$from"
		echo $((out - start)) >>"$to"
		expect_renewed "$1, $i" "$(printf %02x $i)"
		for address in 12.12.4.102 192.0.2.77 198.51.100.1 "$(addr6_of beta)" "$(addr6_of out)"; do
			on alpha ping -n -c 1 -W "$(seconds 1)" "$address" >"$LAB_DIR/output" ||
				fail "$1, $i: alpha does not reach $address: $(cat "$LAB_DIR/output")"
		done
	done
	ok "$1 $TIMES times: MAC, addresses, routes and neighbour entries are there again"
	say "$1, ms until a ping is answered, min/median/max of $TIMES:" \
		"beta to alpha $(spread "$from"), alpha to out $(spread "$to")"
	expect_num "$1, beta to alpha: ms at most" "$(sort -n "$from" | tail -n 1)" "<=" "$SOON"
	expect_num "$1, alpha to out: ms at most" "$(sort -n "$to" | tail -n 1)" "<=" "$SOON"
	expect "$1: file descriptors" "$FDS" "$(fds)"
}

# --- deleted, or moved away ---

lab_snapshot alpha >"$LAB_DIR/before"
lab_config address="12.12.4.100/24, 192.0.2.10/25, $LAB_CLUSTER_IP6/64" gateway=12.12.4.200 neigh=pin
lab_start_all
expect_reach alpha beta
expect_reach out alpha
within "$(seconds 5)" lab_settled alpha || fail "an address remains tentative"
TAP=$(tap) FDS=$(fds)
for part in "\"$LAB_CLUSTER_MAC\"" 12.12.4.100/32 12.12.4.101/24 192.0.2.10/32 "default via 12.12.4.200" \
	"192.0.2.0/25" "$LAB_CLUSTER_IP6/128" "$(addr6_of alpha)/64" "$(link_local_of alpha)/64" \
	"$(addr6_of beta) lladdr $(dedicated_mac beta) PERMANENT" "12.12.4.102 lladdr $(dedicated_mac beta) PERMANENT"; do
	case $TAP in *"$part"*) ;; *) fail "the TAP lacks $part: $TAP" ;; esac
done
renew "deleted" delete
renew "moved to another namespace" take_away
expect "log lines about it" $((2 * TIMES)) "$(said 'cluster0 is gone: creating it again')"
# (Whether the log says that beta is reachable depends on whether beta answered before its entry
# was pinned.)
expect "other log lines and those" $((2 * TIMES + 1)) "$(grep -vc 'node beta is reachable' "$LAB_DIR/alpha.log")"
ping_all_pairs

# While the NIC has no carrier, or is absent.
ip -n sw link set p_alpha down
soon "$SOON" carrier_is 0 || fail "the cable is pulled, but the TAP has carrier"
delete
soon "$SOON" carrier_is 0 || fail "the TAP has not come back, or has carrier"
sleep 0.3
carrier_is 0 || fail "the cable is pulled, but the new TAP has carrier"
ip -n sw link set p_alpha up
expect_reach beta alpha
expect_renewed "deleted while the cable was pulled" 77
ip -n alpha link del eth0
soon "$SOON" carrier_is 0 || fail "there is no NIC, but the TAP has carrier"
delete
soon "$SOON" carrier_is 0 || fail "the TAP has not come back, or has carrier"
lab_veth alpha eth0 "$NIC" p_alpha
expect_reach beta alpha
expect_renewed "deleted while there was no NIC" 78
ping_all_pairs
ok "the TAP was deleted while the NIC had no carrier or was absent"
lab_stop_all

# --- the name is taken ---

# take_name COMMAND: deletes the TAP; the command makes another device with its name.
take_name() {
	printf 'link del cluster0\n%s\n' "$1" >"$LAB_DIR/batch"
	ip -n alpha -batch "$LAB_DIR/batch" >"$LAB_DIR/output" 2>&1
}
# expect_end WHAT: the daemon ends and restores the host, and leaves the other device alone.
expect_end() {
	local rc=0
	within "$(seconds 5)" lab_dead alpha || fail "$1: the daemon keeps running"
	wait "${LAB_PID[alpha]}" || rc=$?
	unset "LAB_PID[alpha]"
	expect "$1: exit status" 3 "$rc"
	lab_log_clean alpha
	expect "$1: log lines about it" 1 "$(said 'cluster0 exists already: ')"
	ip -n alpha link show cluster0 >/dev/null || fail "$1: the other device is gone"
	ip -n alpha link del cluster0
	lab_snapshot alpha >"$LAB_DIR/after"
	expect_unchanged "$1: the host" "$LAB_DIR/before" "$LAB_DIR/after"
	[ ! -e "$(socket_of alpha).eth0.json" ] || fail "$1: the record is left"
}

lab_snapshot alpha >"$LAB_DIR/before" # the NIC is not the first one any more
# While the daemon is stopped by SIGSTOP.
for command in "link add cluster0 type bridge" "tuntap add cluster0 mode tap"; do
	start address="12.12.4.100/24, 192.0.2.10/25" gateway=12.12.4.200 neigh=pin
	kill -STOP "${LAB_PID[alpha]}"
	take_name "$command" || fail "the daemon is stopped, but its TAP's name cannot be taken: $(cat "$LAB_DIR/output")"
	kill -CONT "${LAB_PID[alpha]}"
	expect_end "the name is taken ($command)"
done
# A race. (If the daemon wins, the name is in use and the other device cannot be made.)
start
for ((won = 0; won < 10; won++)); do
	! take_name "link add cluster0 type bridge" || break
	soon "$SOON" reach out alpha || fail "out does not reach alpha"
done
say "races that the daemon won: $won of 10"
if [ "$won" = 10 ]; then lab_stop alpha; else expect_end "the name is taken in a race"; fi

# A daemon that runs as an ordinary user with the four capabilities can do the same.
lab_config neigh=pin
lab_start_user alpha
expect_reach out alpha
for command in delete take_away delete; do
	"$command"
	soon "$SOON" reach out alpha || fail "an ordinary user's daemon: out does not reach alpha ($command)"
	ip -n alpha link del eth0
	soon "$SOON" carrier_is 0 || fail "an ordinary user's daemon: the TAP has carrier without a NIC"
	lab_veth alpha eth0 "$NIC" p_alpha
	soon "$SOON" reach out alpha || fail "an ordinary user's daemon: out does not reach alpha (NIC)"
done
ok "an ordinary user's daemon renews TAP and NIC"
lab_stop alpha
chown 0:0 /run/clusterarpd/alpha

# --- seed ---

entry() { ip -n alpha neigh show 12.12.4.102 dev cluster0 | sed 's/.*lladdr //' | xargs; }
entry_is() { [ "$(entry)" = "$1" ]; }
start neigh=seed
seeded="$(dedicated_mac beta) extern_learn STALE"
soon "$SOON" entry_is "$seeded" || fail "seed: beta's entry is '$(entry)'"
for down in 0.1 2.5; do
	ip -n sw link set p_alpha down
	soon "$SOON" carrier_is 0 || fail "the cable is pulled, but the TAP has carrier"
	sleep "$down"
	say "seed, no carrier for $down s: beta's entry is '$(entry)'"
	ip -n sw link set p_alpha up
	soon "$SOON" carrier_is 1 || fail "the carrier does not come back"
	soon "$SOON" entry_is "$seeded" || fail "seed: beta's entry is '$(entry)' after $down s without carrier"
	sleep 0.3
	expect "seed: beta's entry after $down s without carrier" "$seeded" "$(entry)"
done
delete
soon "$SOON" entry_is "$seeded" || fail "seed: beta's entry is '$(entry)' after the TAP was deleted"
ok "seed: beta's entry is there again after the TAP was deleted"
lab_stop alpha
