#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Problems (SPEC 12): each is provoked, is in `status` with its id, severity and what to do, makes
# `check` say so with the exit status of monitoring plugins, and goes away when it is mended. Those
# that have a test of their own are not here: nic_address (t_24), nic_address_rewritten (t_29_adopt_later),
# nic_ipv6_left (t_29_adopt), tap_drift and mac_on_tap (t_32), ipv6_off and dad_failed (t_34),
# no_lease (t_41_shares_lease). And the drop reasons that no other test provokes.
#
# run: kernel

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config neigh=learn liveness=1s
SWITCH_PORT=p_alpha

ids() { ctl "$1" -j status | jq -r '[.problems[].id] | sort | join(" ")'; }
ids_are() { [ "$(ids "$1")" = "$2" ]; }
has_problem_alone() {
	ctl "$1" -j status >"$LAB_DIR/status"
	[ "$(jq -r '.problems[].id' "$LAB_DIR/status")" = "$2" ]
}
# check NODE [ARGUMENTS]: sets RC and LINE.
check() {
	RC=0
	LINE=$("$CLUSTERARPCTL" -s "$(socket_of "$1")" check "${@:2}" 2>&1) || RC=$?
}
words_of() { case $1 in warning) echo "WARNING 1" ;; critical) echo "CRITICAL 2" ;; esac; }
# expect_problem NODE ID SEVERITY TEXT: it is the only one, and check tells it. (Without carrier, or a NIC, the peers
# are silent some seconds later.)
expect_problem() {
	local word rc
	within "$(seconds 8)" has_problem_alone "$1" "$2" || fail "$1: no problem $2 alone: $(jq -c .problems "$LAB_DIR/status")"
	read -r word rc < <(words_of "$3")
	expect "$1: $2: severity" "$3" "$(jq -r '.problems[0].severity' "$LAB_DIR/status")"
	jq -r '.problems[0].text' "$LAB_DIR/status" | grep -Eq -- "$4" ||
		fail "$1: $2: no '$4' in its text: $(jq -c .problems "$LAB_DIR/status")"
	check "$1"
	expect "$1: $2: check's exit status" "$rc" "$RC"
	[[ $LINE == "CLUSTERARPD $word - $2: "*" | peers="* && $LINE != *$'\n'* ]] || fail "$1: $2: check says: $LINE"
	ok "check: ${LINE%% | *}"
	expect "$1: $2: in metrics" "clusterarpd_problem{id=\"$2\",severity=\"$3\"} 1" \
		"$(ctl "$1" metrics | grep "^clusterarpd_problem{id=\"$2\"")"
}
expect_well() {
	within "$(seconds 8)" ids_are "$1" "" || fail "$1: after $2: $(ctl "$1" -j status | jq -c .problems)"
	check "$1"
	expect "$1: after $2: check's exit status" 0 "$RC"
	expect "$1: after $2: in metrics" "" "$(ctl "$1" metrics | grep '^clusterarpd_problem{' || true)"
}

# --- check itself ---

check alpha
expect "without a daemon: check" "3 CLUSTERARPD UNKNOWN - no daemon answers at $(socket_of alpha): No such file or directory" "$RC $LINE"
before=$(now_ms)
check alpha --wait 0.5
expect "without a daemon: check --wait" 3 "$RC"
expect_num "without a daemon: check --wait 0.5, ms" $(($(now_ms) - before)) ">=" 490
check alpha --bogus
expect "check with a wrong option: exit status" 3 "$RC"
"$CLUSTERARPCTL" -s "$(socket_of alpha)" check --wait "$(seconds 10)" >"$LAB_DIR/waits" 2>&1 &
waits=$!
lab_preload no_tcx # with tcx nobody takes the programs away
lab_start_all
wait $waits || fail "check --wait from before the start: exit status $?: $(cat "$LAB_DIR/waits")"
expect_well alpha "the start"
[[ $LINE == "CLUSTERARPD OK - 2 nodes, kernel data path | peers=1 "* ]] || fail "check says: $LINE"
for number in peers_resolved peers_silent problems uptime drops_echo drops_kernel_ring; do
	[[ $LINE =~ " "$number=[0-9]+ ]] || fail "check: no $number in its performance data: $LINE"
done
expect "check -j" "OK 0 0" "$(ctl alpha -j check | jq -r '.check | "\(.status) \(.exit_status) \(.problems | length)"')"
kill -STOP "${LAB_PID[alpha]}"
before=$(now_ms)
check alpha
expect "a daemon that hangs: check" "3 CLUSTERARPD UNKNOWN - no daemon answers at $(socket_of alpha): Connection timed out" "$RC $LINE"
expect_num "a daemon that hangs: check, ms" $(($(now_ms) - before)) "<" "$(seconds 7)000"
check alpha --wait 1
expect "a daemon that hangs: check --wait 1" 3 "$RC"
expect_num "a daemon that hangs: both, ms" $(($(now_ms) - before)) "<" "$(seconds 9)000"
kill -CONT "${LAB_PID[alpha]}"
check alpha --wait "$(seconds 5)"
expect "it goes on: check --wait" 0 "$RC"

# --- the NIC, the TAP, the data path ---

# A port that is down at the switch takes the carrier. Its neighbours are silent after a moment, too.
ip -n alpha link set eth0 down
expect_problem alpha no_carrier critical "eth0 is down.*ip link set eth0 up"
ip -n alpha link set eth0 up
expect_well alpha "the NIC is up"
ip -n sw link set $SWITCH_PORT down
expect_problem alpha no_carrier critical "no carrier.*cable"
ip -n sw link set $SWITCH_PORT up
expect_well alpha "the carrier is back"
ip -n alpha link del eth0
expect_problem alpha nic_gone critical "eth0 is not there"
lab_veth alpha eth0 52:54:00:00:00:01 $SWITCH_PORT
expect_well alpha "there is a NIC again"

ip -n alpha link set cluster0 down
expect_problem alpha tap_down critical "ip link set cluster0 up"
ip -n alpha link set cluster0 up
expect_well alpha "the TAP is up"

# The daemon may act before the second command.
replace_clsact() {
	printf 'qdisc del dev %s clsact\nqdisc add dev %s ingress\n' "$1" "$1" | on alpha tc -batch - >/dev/null 2>&1
}
within "$(seconds 5)" replace_clsact eth0 || fail "no ingress qdisc on the NIC"
expect_problem alpha shield_down warning "tc qdisc show dev eth0"
on alpha tc qdisc del dev eth0 ingress
expect_well alpha "the ingress qdisc of the NIC is gone"
within "$(seconds 5)" replace_clsact cluster0 || fail "no ingress qdisc on the TAP"
expect_problem alpha tap_program_down warning "tc qdisc show dev cluster0"
on alpha tc qdisc del dev cluster0 ingress
expect_well alpha "the ingress qdisc of the TAP is gone"

# --- peers, and other hosts ---

kill -STOP "${LAB_PID[beta]}"
ip -n sw link set p_beta down
expect_problem alpha peer_silent warning "^beta: .*doctor"
check beta
expect "beta hangs: check" 3 "$RC"
ip -n sw link set p_beta up
kill -CONT "${LAB_PID[beta]}"
expect_well alpha "beta is back"

# While beta answers too, it is not foreign: its answers are right.
LIAR=02:66:66:66:66:66
lab_stop beta
/usr/bin/python3 "$LAB_TOP/frames.py" arp out:eth0 --sha $LIAR --spa 12.12.4.102 --tpa 12.12.4.101 \
	--count 1000 --interval 0.05 &
liar=$!
expect_problem alpha peer_foreign warning "^beta: another MAC"
kill $liar
wait $liar 2>/dev/null || true
lab_start beta
expect_well alpha "beta is there, and nobody else claims its address"

# A conflict and an echo are over when there was none for five minutes: test_problems has the time.
frames arp out:eth0 --sha $LIAR --spa 12.12.4.101 --tpa 12.12.4.101 --op 2
expect_problem alpha conflict warning "$LIAR, uses 12.12.4.101"
expect "it is counted" 1 "$(counter alpha .drops.conflict)"
lab_stop alpha
lab_start alpha
expect_well alpha "a restart, which forgets the conflict"
frames arp out:eth0 --eth-src "$(dedicated_mac alpha)" --sha $LIAR --spa 12.12.4.250 --tpa 12.12.4.251
within "$(seconds 5)" expr "$(counter alpha .drops.echo)" ">" 0 >/dev/null || fail "no echo is counted"
ids_are alpha "" || fail "a single echo is a problem: $(ids alpha)"
frames arp out:eth0 --eth-src "$(dedicated_mac alpha)" --sha $LIAR --spa 12.12.4.250 --tpa 12.12.4.251 \
	--count 50 --interval 0.06
expect_problem alpha echo warning "second host.*loop"

# --- addresses ---

lab_stop alpha
lab_start alpha
for ((i = 0; i < 4200; i++)); do echo "addr add 10.$((i / 250)).$((i % 250)).1/32 dev lo"; done >"$LAB_DIR/many"
ip -n alpha -batch "$LAB_DIR/many"
expect_problem alpha too_many_addresses warning "more than 4096 addresses"
ip -n alpha addr flush dev lo scope global
expect_well alpha "they are gone"

ip -n alpha addr add 12.12.4.150/32 dev cluster0
sleep 0.5
expect_well alpha "an address beside the file, forward = no"
sed -i 's/^tap/forward = yes\ntap/' "$LAB_CONF"
ctl alpha reload >/dev/null
expect_problem alpha unlisted_forwarded warning "12.12.4.150, which the file does not list"
sed -i '/^forward/d' "$LAB_CONF"
ctl alpha reload >/dev/null
expect_well alpha "forward = no again"
sed -i 's/^tap/forward = yes\ntap/' "$LAB_CONF"
ctl alpha reload >/dev/null
within "$(seconds 5)" ids_are alpha unlisted_forwarded || fail "forward = yes again: $(ids alpha)"
ip -n alpha addr del 12.12.4.150/32 dev cluster0
expect_well alpha "the address is gone"


# --- the configuration ---

cp "$LAB_CONF" "$LAB_DIR/good"
echo nonsense >>"$LAB_CONF"
! ctl alpha reload >/dev/null 2>&1 || fail "an invalid file is accepted"
expect_problem alpha reload_refused warning "reload --dry-run"
expect "status: last_reload" "false $LAB_CONF:$(wc -l <"$LAB_CONF"): " \
	"$(ctl alpha -j status | jq -r '"\(.last_reload.ok) \(.last_reload.message)"' | grep -oE '^false .*:[0-9]+: ')"
mv "$LAB_DIR/good" "$LAB_CONF"
ctl alpha reload >/dev/null
expect_well alpha "a good file"
expect "status: last_reload" '{"ok":true,"message":"nothing has changed"}' "$(ctl alpha -j status | jq -c .last_reload)"

# Without liveness, what the kernel finds out.
sed -i 's/^liveness.*/liveness = 0/' "$LAB_CONF"
lab_stop_all
lab_start_all
expect_reach alpha beta
lab_kill beta
ip -n sw link set p_beta down
forget alpha 12.12.4.102
! reach alpha beta || fail "beta answers without its daemon"
expect_problem alpha peer_failed warning "^beta: .*kernel"
ip -n sw link set p_beta up
lab_start beta
expect_reach beta alpha
expect_well alpha "beta is back"

# --- shares ---

lab_stop_all
sed -i 's/^tap/shares = driven\ntap/' "$LAB_CONF"
lab_start_all
expect_problem alpha no_order critical "start the driver"
order() { ctl alpha shares set --epoch "$1" --ttl forever "${@:2}" >/dev/null; }
order 2 alpha beta
expect_well alpha "an order"
state=$(socket_of alpha).eth0.shares
[ -f "$state" ] || fail "no $state: $(ls "${state%/*}")"
mkdir "$state.new" # in the place of its temporary file
order 3 alpha=2 beta
expect_problem alpha shares_not_saved warning "cannot be written"
rmdir "$state.new"
order 4 alpha beta
expect_well alpha "it can be written"
# Another filter in the place of the program that asks for connections, which is there while it may
# have any in buckets that it gave up.
has_no_filter() { [ -z "$(on alpha tc filter show dev cluster0 ingress)" ]; }
within "$(seconds 20)" has_no_filter || fail "alpha goes on asking: $(ctl alpha -j shares)"
on alpha tc filter add dev cluster0 ingress pref 1 protocol ip u32 match u32 0 0 flowid 1:1
ctl alpha shares released --epoch 4 beta >/dev/null
order 5 alpha beta=3
expect_problem alpha shares_not_asked critical "tc filter show dev cluster0 ingress"
on alpha tc filter del dev cluster0 ingress pref 1 protocol ip
expect_well alpha "the filter is gone"
sed -i '/^shares/d' "$LAB_CONF"
lab_stop_all

# --- datapath = auto, and the kernel refuses the programs ---

sed -i 's/^datapath.*/datapath = auto/' "$LAB_CONF"
lab_preload no_ring
lab_start alpha
lab_preload
expect_problem alpha user_datapath warning "datapath = user"
expect "the data path" user "$(ctl alpha -j status | jq -r .datapath)"

# --- drop reasons that no other test provokes ---

# A NIC whose queue is full (the user data path tells, for the kernel's path drops in the queue itself).
on alpha tc qdisc add dev eth0 root tbf rate 8kbit burst 2kb limit 3kb
on alpha ping -q -n -f -c 200 -s 1000 -W 1 12.12.4.200 >/dev/null 2>&1 || true
expect_num "frames dropped as nic_busy" "$(counter alpha .drops.nic_busy)" ">" 0
on alpha tc qdisc del dev eth0 root
# A frame for another MAC that the switch floods.
flooded=$(counter alpha .drops.not_ours)
frames arp out:eth0 --eth-dst 52:54:00:00:77:77 --sha $LIAR --spa 12.12.4.250 --tpa 12.12.4.251 --count 5
more() { [ "$(counter alpha .drops.not_ours)" -ge $((flooded + 5)) ]; }
within "$(seconds 3)" more || fail "frames for another MAC are not counted as not_ours"
ok "frames dropped as not_ours"
# Each reason has its sentence, and none is without one.
ctl alpha counters >"$LAB_DIR/counters"
for reason in nic_busy not_ours; do
	grep -qE "^ +[0-9]+ +$reason +[a-z]" "$LAB_DIR/counters" || fail "no sentence for $reason: $(cat "$LAB_DIR/counters")"
done
lab_stop alpha
