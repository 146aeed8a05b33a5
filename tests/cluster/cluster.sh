# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# cluster.sh: a cluster whose shares corosync drives: on each node clusterarpd, a corosync of its own and
# clusterarpd-corosync. Sourced after lab.sh and shares.sh.
#
# corosync's ring has NICs (eth1) and a switch (br1) of its own, so that it and the service can fail apart
# from each other; with CLUSTER_RING=cluster it goes over the cluster's network instead, from one dedicated
# address to the other, through the TAPs. Both switches are in the namespace `sw`, so that one transaction
# of nft cuts what is to fail at the same instant.
#
# Each node has a mount and UTS namespace, its room, in which it has /run, /dev/shm, /etc/corosync and so on for
# itself. It outlives the programs in it, as the host does.
#
# Environment: CLUSTERARPD_COROSYNC: the driver. CLUSTER_TOKEN: corosync's token timeout in ms.

: "${CLUSTERARPD_COROSYNC:=$(dirname "$CLUSTERARPD")/clusterarpd-corosync}"
: "${CLUSTER_TOKEN:=1000}"
: "${CLUSTER_RING:=own}"
: "${CLUSTER_SYSTEM:=}" # more lines for corosync.conf

# shellcheck disable=SC2034 # program_end has their names
declare -A ROOM=() COROSYNC=() DRIVER=()

# inside NODE COMMAND…: runs it in the node's room.
inside() {
	local node=$1
	shift
	nsenter -t "${ROOM[$node]}" -m -n -u -- "$@"
}

# program_begin ARRAY NODE LOG COMMAND…: likewise in the background; the id of the program goes into the array.
program_begin() {
	local -n program_pids=$1
	local node=$2 log=$3
	shift 3
	nsenter -t "${ROOM[$node]}" -m -n -u -- "$@" >>"$LAB_DIR/$log" 2>&1 </dev/null &
	# shellcheck disable=SC2034 # a name of the caller's array
	program_pids["$node"]=$!
}
# program_end ARRAY NODE SIGNAL: ends the node's program, whose id is in the array.
program_end() {
	local -n ended_pids=$1
	local pid=${ended_pids[$2]}
	kill "-$3" "$pid"
	within "$(seconds 40)" program_ended "$pid" || fail "$2: $1 does not end on SIG$3"
	wait "$pid" 2>/dev/null || true
	unset "ended_pids[$2]"
}
program_ended() { ! kill -0 "$1" 2>/dev/null; }

# --- the ring ------------------------------------------------------------------------

ring_port() { if [ "$CLUSTER_RING" = own ]; then echo "r_$1"; else echo "p_$1"; fi; }
ring_addr() {
	if [ "$CLUSTER_RING" = own ]; then echo "10.9.9.$(node_index "$1")"; else echo "${LAB_ADDR[$1]}"; fi
}

# The filter on both switches: ports that are dead, and pairs of ports between which nothing passes.
ring_filter() {
	on sw nft -f - <<-NFT
		table bridge lab {
			set dead { type ifname; }
			set apart { type ifname . ifname; }
			chain forward {
				type filter hook forward priority 0;
				iifname @dead drop
				oifname @dead drop
				iifname . oifname @apart drop
			}
		}
	NFT
}

ring_up() {
	local node
	ring_filter
	[ "$CLUSTER_RING" = own ] || return 0
	ip -n sw link add br1 type bridge mcast_snooping 0 stp_state 0
	ip -n sw link set br1 up
	for node in "${LAB_NODES[@]}"; do
		LAB_INDEX=$((LAB_INDEX + 1))
		ip link add "r_$node" netns sw index "$LAB_INDEX" type veth peer name eth1 netns "$node"
		ip -n sw link set "r_$node" master br1 up
		ip -n "$node" addr add "$(ring_addr "$node")/24" dev eth1
		ip -n "$node" link set eth1 up
	done
}

# --- rooms -----------------------------------------------------------------------------

# What a node has for itself: rooms are furnished by the commands in ROOM_MORE, too.
ROOM_MORE=:
# room_make NODE
room_make() {
	local node=$1 dir=/run/room.$1
	mkdir -p "$dir" "$LAB_DIR/etc.$node" /run/clusterarpd
	ip netns exec "$node" unshare --mount --uts sh -c "
		set -e
		node=$node dir=$dir
		hostname $node
		mount -t tmpfs -o mode=755 room $dir
		mkdir -p $dir/clusterarpd $dir/netns $dir/lab $dir/lock
		mount --bind /run/clusterarpd $dir/clusterarpd
		[ ! -d /run/lab ] || mount --bind /run/lab $dir/lab
		mount --bind '$LAB_DIR/etc.$node' /etc/corosync
		mount -t tmpfs room /var/lib/corosync
		mount -t tmpfs -o mode=1777 room /dev/shm
		$ROOM_MORE
		mount --rbind $dir /run
		touch /run/ready
		exec sleep infinity" >"$LAB_DIR/room.$node.log" 2>&1 </dev/null &
	ROOM[$node]=$!
	within 5 room_ready "$node" || fail "no room for $node: $(cat "$LAB_DIR/room.$node.log")"
}
room_ready() { inside "$1" test -e /run/ready 2>/dev/null; }

# --- corosync ----------------------------------------------------------------------------

corosync_nodelist() {
	local node
	for node in "${LAB_NODES[@]}"; do
		cat <<-CONF
			node {
				name: $node
				nodeid: $(node_index "$node")
				ring0_addr: $(ring_addr "$node")
			}
		CONF
	done
}

# token_coefficient: 0: three nodes have the token timeout that is written here.
corosync_conf() {
	cat <<-CONF
		totem {
			version: 2
			cluster_name: lab
			transport: knet
			crypto_cipher: none
			crypto_hash: none
			token: $CLUSTER_TOKEN
			token_coefficient: 0
		}
		nodelist {
			$(corosync_nodelist)
		}
		quorum {
			provider: corosync_votequorum
		}
		system {
			sched_rr: no
			allow_knet_handle_fallback: yes
		}
		logging {
			to_stderr: yes
			to_syslog: no
			to_logfile: no
			timestamp: hires
		}
		$CLUSTER_SYSTEM
	CONF
}

corosync_start() {
	corosync_conf >"$LAB_DIR/etc.$1/corosync.conf"
	program_begin COROSYNC "$1" "corosync.$1.log" corosync -f
}
# corosync_stop NODE: it leaves; corosync_kill NODE: it dies.
corosync_stop() { program_end COROSYNC "$1" TERM; }
corosync_kill() { program_end COROSYNC "$1" KILL; }

members() { inside "$1" timeout 5 corosync-quorumtool -s 2>/dev/null | awk '/^Nodes:/ { print $2 }'; }
has_members() { [ "$(members "$1")" = "$2" ]; }
# ring_whole [N]: until each corosync that runs sees N members; all that run.
ring_whole() {
	local node
	for node in "${!COROSYNC[@]}"; do
		within "$(seconds 30)" has_members "$node" "${1:-${#COROSYNC[@]}}" ||
			fail "$node sees $(members "$node") members: $(tail -n 5 "$LAB_DIR/corosync.$node.log")"
	done
}

# --- the driver ------------------------------------------------------------------------------

DRIVER_OPTIONS=(-v)
# driver_start NODE [CONFIGURATION]
driver_start() {
	program_begin DRIVER "$1" "driver.$1.log" "$CLUSTERARPD_COROSYNC" -c "${2:-$LAB_CONF}" -n "$1" \
		-s "$(socket_of "$1")" "${DRIVER_OPTIONS[@]}"
}
# driver_stop NODE: in good order; driver_kill NODE: as a crash.
driver_stop() { program_end DRIVER "$1" TERM; }
driver_kill() { program_end DRIVER "$1" KILL; }

# --- nodes -------------------------------------------------------------------------------------

# cluster_config [as lab_config]
# shellcheck disable=SC2120 # settings are for some tests only
cluster_config() {
	lab_config shares=driven "$@"
	printf '\n[corosync]\ngroup = lab\n' >>"$LAB_CONF"
}

# cluster_start N [lab_nodes' options]: N nodes, each with daemon, corosync, driver and server.
cluster_start() {
	local node
	lab_nodes "$@"
	cluster_config
	ring_up
	for node in "${LAB_NODES[@]}"; do room_make "$node"; done
	for node in "${LAB_NODES[@]}"; do node_up "$node"; done
	ring_whole "$1"
	cluster_settled "${LAB_NODES[@]}"
}

# node_up NODE: all of it, as after a boot. node_down NODE: as a host that is shut down.
node_up() {
	lab_start "$1"
	serve "$1"
	corosync_start "$1"
	driver_start "$1"
}
node_down() {
	driver_stop "$1"
	corosync_stop "$1"
	lab_stop "$1"
	kill "${SERVER[$1]}"
	wait "${SERVER[$1]}" 2>/dev/null || true
}

# node_crash NODE: nothing of it is heard from now on. What has been cut stays so until node_boot NODE.
node_crash() {
	local pids=("${COROSYNC[$1]}" "${DRIVER[$1]}" "${LAB_PID[$1]}" "${SERVER[$1]}")
	on sw nft "add element bridge lab dead { p_$1, r_$1 }"
	kill -KILL "${pids[@]}"
	wait "${pids[@]}" 2>/dev/null || true
	unset "COROSYNC[$1]" "DRIVER[$1]" "LAB_PID[$1]" "SERVER[$1]"
	# The state that a reboot loses.
	rm -rf "/run/clusterarpd/$1"
}
node_boot() {
	on sw nft "delete element bridge lab dead { p_$1, r_$1 }"
	node_up "$1"
}

# A program of NODE dies, and is started again after the time that systemd takes for it.
daemon_again() {
	lab_kill "$1"
	sleep 0.2
	lab_start "$1"
}
driver_again() {
	driver_kill "$1"
	sleep 0.1
	driver_start "$1"
}
corosync_again() {
	corosync_kill "$1"
	sleep 0.1
	corosync_start "$1"
}

# --- faults of the network -------------------------------------------------------------------

# cable_out NODE [ring], cable_in NODE [ring]: the NIC has no carrier.
cable_out() { ip -n sw link set "$(cable_of "$@")" down; }
cable_in() { ip -n sw link set "$(cable_of "$@")" up; }
cable_of() { if [ "${2:-}" = ring ]; then ring_port "$1"; else echo "p_$1"; fi; }

# ports [ring|service|both] NAME…: the names' ports on these switches.
ports() {
	local which=$1 name
	shift
	for name in "$@"; do
		[ "$which" = ring ] || echo "p_$name"
		[ "$which" = service ] || [ "$name" = out ] || ring_port "$name"
	done | sort -u
}
# split ring|service|both "NAME…" "NAME…"…: the groups hear each other no more, at once.
split() {
	local which=$1 i j a b pairs=()
	shift
	local groups=("$@")
	for i in "${!groups[@]}"; do
		for j in "${!groups[@]}"; do
			[ "$i" != "$j" ] || continue
			# shellcheck disable=SC2086 # names
			for a in $(ports "$which" ${groups[i]}); do
				for b in $(ports "$which" ${groups[j]}); do pairs+=("$a . $b"); done
			done
		done
	done
	apart "${pairs[@]}"
}
# mute ring|service|both NODE: nobody hears NODE, which hears all others.
mute() {
	local which=$1 node=$2 a b pairs=() others
	mapfile -t others < <(printf '%s\n' "${LAB_NODES[@]}" out | grep -vx "$node")
	for a in $(ports "$which" "$node"); do
		for b in $(ports "$which" "${others[@]}"); do pairs+=("$a . $b"); done
	done
	apart "${pairs[@]}"
}
apart() {
	local text
	text=$(printf '%s, ' "$@")
	on sw nft "add element bridge lab apart { ${text%, } }"
}
# heal: whatever split or mute has done.
heal() { on sw nft flush set bridge lab apart; }

# --- states -----------------------------------------------------------------------------------

# shares_states NODE: one line: what NODE knows: epoch, what it waits for, whether it has a lease, and the
# nodes that have a share.
shares_states() {
	ctl "$1" -j shares 2>/dev/null | jq -r '.shares |
		"\(.epoch) \(.unowned) \(if .lease_ms == null or .lease_ms > 0 then "lease" else "no_lease" end) \([.nodes[] | select(.owned > 0) | .name] | join(" "))"'
}
# cluster_agrees NODE…: exactly these nodes share the clients, and each of them has taken what it owns.
cluster_agrees() {
	local node epoch='' state
	for node in "$@"; do
		state=$(shares_states "$node")
		: "${epoch:=${state%% *}}"
		[ "$state" = "$epoch 0 lease $*" ] || return 1
	done
}
# cluster_settled NODE…: waits for that.
cluster_settled() {
	local node
	within "$(seconds 30)" cluster_agrees "$@" || {
		for node in "${!LAB_PID[@]}"; do
			echo "$node: $(shares_states "$node")"
			tail -n 8 "$LAB_DIR/driver.$node.log"
		done >&2
		fail "these nodes do not share the clients: $*"
	}
}
