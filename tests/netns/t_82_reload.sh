#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The configuration is reloaded while traffic flows: a hundred times, with a node that is added and
# removed. What a reload can change takes effect. A file with a change that needs a restart is
# refused as a whole, and so is an invalid or a missing file. No frames and no memory are lost.

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

BETA=12.12.4.102
GAMMA=12.12.4.103
lab_nodes 3 family=46
FILE=$LAB_DIR/alpha.conf

WIDE=()
# write_file FILE NODES [SETTING…]: like lab_config, for the first NODES nodes.
write_file() {
	local file=$1 all=("${LAB_NODES[@]}")
	LAB_NODES=("${LAB_ALL_NODES[@]:0:$2}")
	lab_config "${WIDE[@]}" "${@:3}"
	LAB_NODES=("${all[@]}")
	mv "$LAB_CONF" "$file"
}
write_file "$LAB_DIR/two" 2
write_file "$LAB_DIR/three" 3
lab_config liveness=0 # beta and gamma ask alpha nothing of their own, whose stack would learn their entries
cp "$LAB_DIR/three" "$FILE"
lab_launch alpha "$CLUSTERARPD" -c "$FILE" -n alpha -s "$(socket_of alpha)"
lab_start beta
lab_start gamma
lab_settle

status() { ctl alpha -j status | jq -r "$1"; }
generation_is() { [ "$(status .config_generation)" -eq "$1" ]; }
peer_names() { ctl alpha -j peers | jq -r '.peers[].name' | sort | xargs; }
fds() { find "/proc/${LAB_PID[alpha]}/fd" -mindepth 1 | wc -l; }
rss() { awk '/^VmRSS/ { print $2 }' "/proc/${LAB_PID[alpha]}/status"; }

# reload [OPTION…]: prints the exit status; the answer goes into the file "answer".
reload() {
	local rc=0
	ctl alpha -j reload "$@" >"$LAB_DIR/answer" 2>"$LAB_DIR/answer.err" || rc=$?
	echo "$rc"
}
answer() { jq -r "$1" "$LAB_DIR/answer"; }

# expect_applied WHAT CHANGES
expect_applied() {
	expect "$1: exit status" 0 "$(reload)"
	expect "$1: answer" "true $2" "$(answer '"\(.reload.applied) \(.reload.changes | join("; "))"')"
}

# --- a hundred reloads ------------------------------------------------------------

REACHED=0
hundred_reloads() {
	local i state=three
	for ((i = 1; i <= 100; i++)); do
		case $((i % 8)) in # both ways to reload remove and add the node
		1 | 6) state=two ;;
		3 | 0) state=three ;;
		esac
		[ -z "$(cmp "$LAB_DIR/$state" "$FILE" 2>&1)" ] || cp "$LAB_DIR/$state" "$FILE"
		if [ $((i % 2)) = 1 ]; then
			kill -HUP "${LAB_PID[alpha]}"
			within "$(seconds 2)" generation_is $((FIRST + i)) ||
				fail "SIGHUP, reload $i: generation $(status .config_generation)"
		else
			[ "$(reload)" = 0 ] || fail "reload $i: $(cat "$LAB_DIR/answer")"
		fi
		if [ "$i" = 10 ]; then
			RSS=$(rss)
			FDS=$(fds)
		fi
		case $((i % 8)) in # the node is added or removed at once
		1 | 6) ! peer alpha gamma .state >/dev/null 2>&1 || fail "reload $i: gamma is still a peer" ;;
		3 | 0)
			peer alpha gamma .state >/dev/null || fail "reload $i: gamma is not a peer"
			[ $((i % 16)) != 3 ] || ! reach alpha gamma || REACHED=$((REACHED + 1))
			;;
		esac
	done
}

expect_reach alpha gamma
expect_reach alpha beta
BEFORE=$(fds)
FIRST=$(status .config_generation)
expect "configuration generation at the start" 1 "$FIRST"
beta_before=$(peer alpha beta '"\(.counters.frames_out) \(.changes) \(.state)"')
pings_begin alpha $BETA
hundred_reloads
pings_end "100 reloads" 400
expect "configuration generation after them" $((FIRST + 100)) "$(status .config_generation)"
expect "file descriptors" "$BEFORE $BEFORE" "$FDS $(fds)"
if [ -z "$LAB_SLOW" ]; then
	expect_num "resident memory gained since the 10th, KiB" $(($(rss) - RSS)) "<=" 1024
fi
expect "how often gamma was reached after it was added" 7 "$REACHED"
read -r frames changes state <<<"$beta_before"
expect_num "beta's counters continue" "$(peer alpha beta .counters.frames_out)" ">=" $((frames + 400))
expect "beta's state and its changes" "$state $changes" "$(peer alpha beta '"\(.state) \(.changes)"')"
# After the 100th reload gamma is removed; once it is added again, traffic flows both ways.
cp "$LAB_DIR/three" "$FILE"
[ "$(reload)" = 0 ] || fail "reload: $(cat "$LAB_DIR/answer")"
expect "peers at the end" "beta gamma" "$(peer_names)"
expect_reach alpha gamma
expect_reach gamma alpha

pings_begin alpha $BETA
for ((i = 0; i < 200; i++)); do kill -HUP "${LAB_PID[alpha]}"; done
lab_up alpha || fail "200 SIGHUPs: no answer"
pings_end "200 SIGHUPs at once" 10
expect "file descriptors after them" "$BEFORE" "$(fds)"

# --- what takes effect ------------------------------------------------------------

# change WHAT CHANGES SETTING…: writes another file for alpha and reloads it.
change() {
	write_file "$FILE" 3 "${@:3}"
	expect_applied "$1" "$2"
}
# requests ADDRESS: Ethernet destination and sender MAC of alpha's requests for it on the wire: of a
# broadcast, if there is one, as the daemon asks the peers itself, by unicast. None, if the peer has asked
# alpha meanwhile, whose stack then knows it: tried again.
requests() {
	local seen='' tries=0
	while [ -z "$seen" ] && [ "$tries" -lt 3 ]; do
		seen=$(requests_once "$1")
		tries=$((tries + 1))
	done
	echo "$seen"
}
requests_once() {
	capture sw p_alpha "$LAB_DIR/arp.pcap" -Q in arp
	forget alpha "$1"
	on alpha ping -n -c 1 -W "$(seconds 1)" "$1" >/dev/null || fail "alpha does not reach $1"
	capture_stop
	frames pcap2rows "$LAB_DIR/arp.pcap" |
		awk -v to="$1" -v all="$BROADCAST" '$3 == "request" && $6 == to { asked[$2] = $2 " " $5 }
			END { if (all in asked) print asked[all]; else for (a in asked) print asked[a] }'
}
permanent() { on alpha ip -j neigh show nud permanent dev cluster0 | jq -r '.[].dst' | sort | xargs; }
permanent_are() { [ "$(permanent)" = "$(xargs -n 1 <<<"$1" | sort | xargs)" ]; }
tap_mtu() { on alpha cat /sys/class/net/cluster0/mtu; }
# speak_as HOST MAC: sends an echo request from the outsider's NIC to alpha's dedicated MAC, with
# HOST's address and this Ethernet source.
speak_as() {
	frames ping out:eth0 --eth-src "$2" --eth-dst "$(dedicated_mac alpha)" \
		--src "$(addr_of "$1")" --dst "$(addr_of alpha)"
}
stranger() { speak_as out "$(nic_mac out)"; }
# heard_as_gamma: sends one such frame as gamma; prints how many alpha's stack receives.
heard_as_gamma() {
	capture alpha cluster0 "$LAB_DIR/heard.pcap" -Q in "icmp and src host $GAMMA"
	speak_as gamma "$(dedicated_mac gamma)"
	capture_stop
	tcpdump -nr "$LAB_DIR/heard.pcap" 2>/dev/null | grep -c 'echo request' || true
}
strict_drops_are() { [ "$(counter alpha .drops.strict)" -eq "$1" ]; }
BROADCAST=ff:ff:ff:ff:ff:ff

pings_begin alpha $BETA
expect "requests at first" "$BROADCAST $(dedicated_mac alpha)" "$(requests $GAMMA)"
change "arp" "arp: broadcast to directed" arp=directed
expect "requests with arp = directed" "$(dedicated_mac gamma) $(dedicated_mac alpha)" "$(requests $GAMMA)"
stranger
change "strict" "strict: no to yes" arp=directed strict=yes
strict=$(counter alpha .drops.strict)
stranger
within "$(seconds 2)" strict_drops_are $((strict + 1)) || fail "strict: dropped $strict, then $(counter alpha .drops.strict)"
ok "strict: an outsider's frame is dropped"
expect "strict: a node's frame arrives" 1 "$(heard_as_gamma)"
write_file "$FILE" 2 arp=directed strict=yes
expect_applied "strict, and a node is removed" "node gamma: gone"
expect "strict: a removed node's frame does not arrive" 0 "$(heard_as_gamma)"
change "the node is added again" "node gamma: new" arp=directed strict=yes
expect "strict: its frame arrives again" 1 "$(heard_as_gamma)"
strict=$(counter alpha .drops.strict)
change "back" "arp: directed to broadcast; strict: yes to no"
expect "requests with arp = broadcast" "$BROADCAST $(dedicated_mac alpha)" "$(requests $GAMMA)"
stranger
sleep 0.2
expect "frames dropped as strict without it" "$strict" "$(counter alpha .drops.strict)"

expect "requests for an outsider" "$BROADCAST $LAB_CLUSTER_MAC" "$(requests 12.12.4.200)"
change "advertise" "advertise: peers to all" advertise=all
expect "requests for an outsider with advertise = all" "$BROADCAST $(dedicated_mac alpha)" \
	"$(requests 12.12.4.200)"
change "advertise back" "advertise: all to peers"
expect "requests for an outsider" "$BROADCAST $LAB_CLUSTER_MAC" "$(requests 12.12.4.200)"

expect "permanent entries at first" "" "$(permanent)"
change "neigh" "neigh: learn to pin" neigh=pin
# Each peer has its link-local address, too.
BETA_LINK="$(addr6_of beta) $(link_local_of beta)" GAMMA_LINK="$(addr6_of gamma) $(link_local_of gamma)"
within "$(seconds 2)" permanent_are "$BETA $GAMMA $BETA_LINK $GAMMA_LINK" || fail "neigh = pin: permanent entries: $(permanent)"
ok "neigh = pin: permanent entries $(permanent)"
expect "gamma's entry" "$(dedicated_mac gamma)" "$(table alpha $GAMMA)"
write_file "$FILE" 2 neigh=pin
expect_applied "a pinned node is removed" "node gamma: gone"
within "$(seconds 2)" permanent_are "$BETA $BETA_LINK" || fail "a pinned node was removed: permanent entries: $(permanent)"
# Gamma may have asked for alpha since: an entry that was learned.
expect "permanent entries of a pinned node that was removed" "" "$(on alpha ip neigh show $GAMMA dev cluster0 nud permanent)"
change "the pinned node is added again" "node gamma: new" neigh=pin
within "$(seconds 2)" permanent_are "$BETA $GAMMA $BETA_LINK $GAMMA_LINK" || fail "a pinned node was added again: permanent entries: $(permanent)"
change "neigh back" "neigh: pin to learn"
within "$(seconds 2)" permanent_are "" || fail "neigh = learn: permanent entries: $(permanent)"
expect "beta's entry, no longer pinned" "$(dedicated_mac beta)" "$(table alpha $BETA)"
expect_reach alpha gamma
cp "$LAB_DIR/two" "$FILE"
expect_applied "a node with a learnt entry is removed" "node gamma: gone"
expect "the entry of a node that was removed" - "$(table alpha $GAMMA)"
cp "$LAB_DIR/three" "$FILE"
expect_applied "the node is added again" "node gamma: new"

expect "the TAP's MTU" 1500 "$(tap_mtu)"
change "mtu" "mtu: auto to 1400" mtu=1400
expect "the TAP's MTU" 1400 "$(tap_mtu)"
change "mtu back" "mtu: 1400 to auto"
expect "the TAP's MTU" 1500 "$(tap_mtu)"
write_file "$FILE" 3 gamma.mac=06:01:02:03:04:05
expect_applied "a peer's MAC" "node gamma: dedicated MAC $(dedicated_mac gamma) to 06:01:02:03:04:05; node gamma: source MAC $(dedicated_mac gamma) to 06:01:02:03:04:05"
write_file "$FILE" 3 gamma.address=12.12.4.103/24,12.12.4.113/24
expect_applied "a peer's addresses and MAC" "node gamma: addresses; node gamma: dedicated MAC 06:01:02:03:04:05 to $(dedicated_mac gamma); node gamma: source MAC 06:01:02:03:04:05 to $(dedicated_mac gamma)"
change "back" "node gamma: addresses"
# An IPv6 address of a peer: pinned, and then another one.
OTHER6=2001:db8:4::113
write_file "$FILE" 3 neigh=pin gamma.address="$GAMMA/24, $OTHER6/64"
expect_applied "a peer's IPv6 address" "neigh: learn to pin; node gamma: addresses"
expect "entries of gamma's other IPv6 address, and of its first" "$(dedicated_mac gamma) -" \
	"$(table alpha $OTHER6) $(table alpha "$(addr6_of gamma)")"
change "back" "neigh: pin to learn; node gamma: addresses"
expect "the entry of gamma's other IPv6 address" - "$(table alpha $OTHER6)"
LAB_FAMILY=6 expect_reach alpha gamma
expect_applied "the same file" ""
pings_end "all these changes" 100
expect_reach alpha gamma

# --- what is refused ----------------------------------------------------------------

in_effect() {
	ctl alpha -j config | jq -S .config
	status .config_generation
}
# expect_refused WHAT: both ways to reload refuse the current file, and nothing changes.
expect_refused() {
	local lines
	in_effect >"$LAB_DIR/before"
	expect "$1: exit status" 1 "$(reload)"
	expect "$1: applied" false "$(answer .reload.applied)"
	[ -n "$(answer '.error.message // empty')" ] || fail "$1: no message: $(cat "$LAB_DIR/answer")"
	lines=$(grep -c 'was not loaded' "$LAB_DIR/alpha.log" || true)
	more_lines() { [ "$(grep -c 'was not loaded' "$LAB_DIR/alpha.log")" -gt "$lines" ]; }
	kill -HUP "${LAB_PID[alpha]}"
	within "$(seconds 3)" more_lines || fail "$1: the log does not say that the reload by SIGHUP failed"
	in_effect >"$LAB_DIR/after"
	expect_unchanged "$1: refused, '$(answer .error.message)'" "$LAB_DIR/before" "$LAB_DIR/after"
}
# expect_restart KEY SETTING…: the answer names KEY as needing a restart, and nothing changes.
expect_restart() {
	write_file "$FILE" 2 arp=directed "${@:2}"
	expect_refused "${*:2}"
	jq -e --arg key "$1" '.reload.needs_restart | any(contains($key))' "$LAB_DIR/answer" >/dev/null ||
		fail "${*:2}: $1 is not in needs_restart: $(answer .reload.needs_restart)"
	jq -e '.reload | .needs_restart - .changes == []' "$LAB_DIR/answer" >/dev/null ||
		fail "${*:2}: needs_restart is not a part of changes: $(answer .reload)"
}

pings_begin alpha $BETA
sed 's/^tap/tab/' "$LAB_DIR/three" >"$FILE"
line=$(grep -n '^tab' "$FILE" | cut -d: -f1)
expect_refused "a misspelt key"
expect "its line and file" "$line $FILE" "$(answer '"\(.error.line) \(.error.file)"')"
grep -q "$FILE:$line: .*did you mean 'tap'" "$LAB_DIR/alpha.log" || fail "the log does not name file and line"
ok "the log names $FILE:$line"
ctl alpha reload >/dev/null 2>"$LAB_DIR/output" && fail "clusterarpctl reload succeeds"
grep -q "$FILE:$line" "$LAB_DIR/output" || fail "clusterarpctl does not name file and line: $(cat "$LAB_DIR/output")"
ok "clusterarpctl names file and line"
head -c 100 "$LAB_DIR/three" >"$FILE"
expect_refused "half a file"
: >"$FILE"
expect_refused "an empty file"
head -c 100000 /dev/urandom >"$FILE"
expect_refused "garbage"
rm "$FILE"
expect_refused "no file"
expect "no file: its line" null "$(answer .error.line)"
mkdir "$FILE"
expect_refused "a directory"
rmdir "$FILE"
ln -s "$FILE" "$FILE"
expect_refused "a link to itself"
rm "$FILE"
sed 's/^\[node alpha\]/[node omega]/' "$LAB_DIR/three" >"$FILE"
expect_refused "a file without this node"

expect_restart interface interface=eth1
expect_restart tap tap=cluster1
expect_restart mac mac=02:00:00:00:00:01
expect_restart dedicated_mac dedicated_mac=multicast arp=broadcast
expect_restart source_mac source_mac=masked
expect_restart gateway gateway=12.12.4.1
expect_restart datapath datapath=auto
expect_restart adopt adopt=no
expect_restart "cluster's addresses" address=12.12.4.99/24
expect_restart "cluster's addresses" address=12.12.4.99/24,$LAB_CLUSTER_IP/24
expect_restart "node alpha: addresses" alpha.address=12.12.4.111/24
expect_restart "node alpha: addresses" alpha.address="12.12.4.101/24, $OTHER6/64"
expect_restart "node alpha: dedicated MAC" alpha.mac=06:01:02:03:04:06
expect_restart "node alpha: source MAC" alpha.mac=06:01:02:03:04:06
expect_restart tap tap=cluster1 adopt=no
expect "two keys that need a restart are both named" 2 "$(answer '.reload.needs_restart | length')"
expect "the TAP" cluster0 "$(on alpha ip -br link show type tun | awk '{ print $1 }')"
expect "peers after all refusals" "beta gamma" "$(peer_names)"

# --dry-run only checks.
in_effect >"$LAB_DIR/before"
reloads=$(ctl alpha metrics | awk '$1 == "clusterarpd_config_reloads_total" { print $2 }')
write_file "$FILE" 2 arp=directed mtu=1400
expect "--dry-run: exit status" 0 "$(reload --dry-run)"
expect "--dry-run: answer" "false arp: broadcast to directed; mtu: auto to 1400; node gamma: gone" \
	"$(answer '"\(.reload.applied) \(.reload.changes | join("; "))"')"
write_file "$FILE" 2 adopt=no
expect "--dry-run, needs a restart: exit status" 1 "$(reload --dry-run)"
sed -i 's/^tap/tab/' "$FILE"
expect "--dry-run, a misspelt key: exit status" 1 "$(reload --dry-run)"
in_effect >"$LAB_DIR/after"
expect_unchanged "--dry-run" "$LAB_DIR/before" "$LAB_DIR/after"
expect "reloads counted" "$reloads" \
	"$(ctl alpha metrics | awk '$1 == "clusterarpd_config_reloads_total" { print $2 }')"
expect "the TAP's MTU" 1500 "$(tap_mtu)"
pings_end "all refused reloads" 400

# --- many nodes ---------------------------------------------------------------------

# From here on the nodes have a second network in common, large enough for many nodes.
WIDE=(alpha.address="12.12.4.101/24, 12.13.255.1/16" beta.address="$BETA/24, 12.13.255.2/16"
	gamma.address="$GAMMA/24, 12.13.255.3/16")
write_file "$LAB_DIR/two" 2
write_file "$LAB_DIR/three" 3
cp "$LAB_DIR/three" "$FILE"
lab_stop alpha
lab_launch alpha "$CLUSTERARPD" -c "$FILE" -n alpha -s "$(socket_of alpha)"
expect_reach alpha beta

# many FILE N: writes a file with three nodes and N more.
many() {
	cp "$LAB_DIR/three" "$1"
	for ((i = 0; i < $2; i++)); do
		printf '\n[node n%d]\naddress = 12.13.%d.%d/16\n' "$i" $((i / 250)) $((1 + i % 250))
	done >>"$1"
}
# may_lose: how many pings. A machine so busy that the daemon needs over two seconds for a reload has the
# stacks lose their neighbours, and with them some pings.
may_lose() { awk -F 'time=' '$2 + 0 > most { most = $2 + 0 } END { print (most > 2000 ? 200 : 0) }' "$LAB_DIR/ping"; }
pings_begin alpha $BETA
many "$FILE" 2500
expect "2500 more nodes, --dry-run: exit status" 1 "$(reload --dry-run)"
message=$(answer .error.message)
expect_refused "2500 more nodes"
expect "the reload's message and --dry-run's" "$message" "$(answer .error.message)"
case $message in *"no room for so many nodes"*) ;; *) fail "the message: $message" ;; esac
many "$FILE" 1000
expect "1000 more nodes, --dry-run: exit status" 0 "$(reload --dry-run)"
expect "1000 more nodes: exit status" 0 "$(reload)"
expect "peers" 1002 "$(ctl alpha -j peers | jq '.peers | length')"
cp "$LAB_DIR/three" "$FILE"
expect "without them again: exit status" 0 "$(reload)"
pings_end "many nodes" 20 "$(may_lose)"
expect_reach alpha gamma
lab_stop alpha
many "$FILE" 600
lab_launch alpha "$CLUSTERARPD" -c "$FILE" -n alpha -s "$(socket_of alpha)"
expect_reach alpha beta
pings_begin alpha $BETA
many "$FILE" 1600
expect "1600 nodes: exit status" 0 "$(reload)"
expect "peers" 1602 "$(ctl alpha -j peers | jq '.peers | length')"
cp "$LAB_DIR/three" "$FILE"
expect "without all of them: exit status" 0 "$(reload)"
expect "peers" "beta gamma" "$(peer_names)"
pings_end "from 600 to 1600 nodes, and to none" 20 "$(may_lose)"
expect_reach alpha gamma

# --- without a NIC --------------------------------------------------------------------

ip -n sw link del p_alpha
no_nic() { [ "$(status .link.mtu)" = 0 ]; }
within "$(seconds 3)" no_nic || fail "the NIC is still there: $(status .link)"
cp "$LAB_DIR/two" "$FILE"
expect_applied "without a NIC" "node gamma: gone"
write_file "$FILE" 3 arp=directed mtu=1400
expect_applied "without a NIC" "arp: broadcast to directed; mtu: auto to 1400; node gamma: new"
lab_veth alpha eth0 52:54:00:00:00:01 p_alpha
ip -n alpha link set eth0 up
expect_reach alpha beta
expect_reach gamma alpha
expect "requests with arp = directed" "$(dedicated_mac gamma) $(dedicated_mac alpha)" "$(requests $GAMMA)"
expect "the TAP's MTU" 1400 "$(tap_mtu)"
ping_clean alpha beta || fail "pings from alpha to beta failed"
ping_clean out alpha || fail "pings from out to alpha failed"
lab_stop_all
