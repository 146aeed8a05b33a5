# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# lower.sh: macvlan and ipvlan as NIC, in every mode. Where frames arrive, no warning; where they do not,
# the daemon says so. Sourced by t_macvlan and t_ipvlan.

# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "${BASH_SOURCE[0]}")/links.sh"

WORKS='' SAID='' # for the figure: modes

# The node's NIC as TYPE and LOWER_MAC say, over lower0 in a namespace of its own.
lab_macvlan() {
	ip netns add "low_$1"
	on "low_$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	lab_veth "low_$1" lower0 "$2" "p_$1"
	ip -n "low_$1" link set lower0 up
	# The NIC's own stack must not teach the switch where its address is.
	on "$1" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	# shellcheck disable=SC2086 # words
	ip -n "low_$1" link add link lower0 name eth0 netns "$1" ${LOWER_MAC:+address "$LOWER_MAC"} type $TYPE
	on "$1" sysctl -qw net.ipv6.conf.default.disable_ipv6=0
}

# begins NODE: starts the daemon; false if it refuses.
begins() {
	mkdir -p "/run/clusterarpd/$1"
	ip netns exec "$1" "$CLUSTERARPD" -c "$LAB_CONF" -n "$1" -s "$(socket_of "$1")" \
		>>"$LAB_DIR/$1.log" 2>&1 </dev/null &
	LAB_PID[$1]=$!
	within "$(seconds 5)" lab_up_or_dead "$1" || fail "$1: neither starts nor ends"
	lab_up "$1"
}

# Peers reach each other, and the outsider reaches both, and the cluster.
works() {
	local pair
	for pair in "alpha beta" "beta alpha" "out alpha" "out beta" "alpha out"; do
		# shellcheck disable=SC2086 # two words
		within "$(seconds 2)" reach $pair || { say "not reached: $pair" && return 1; }
	done
	on out ping -n -c 1 -W "$(seconds 1)" "$LAB_CLUSTER_IP" >/dev/null
}

# A line of the daemon's log, or a problem in its status, names the kind of the link.
said() {
	grep -E "$KIND" "$LAB_DIR/alpha.log" || ctl alpha -j status 2>/dev/null | jq -er ".problems[].text | select(test(\"$KIND\"))"
}

tear_down() {
	local node
	for node in "${LAB_NODES[@]}"; do
		# A node whose NIC is refused has ended by itself, and then the other one is not started.
		[ -z "${LAB_PID[$node]:-}" ] || ! lab_alive "$node" || lab_stop "$node"
		unset "LAB_PID[$node]"
		rm -f "$LAB_DIR/$node.log"
		ip netns del "low_$node"
		ip netns del "$node"
	done
	ip netns del out
	ip netns del sw
}

# lower KIND MODE [SETTING…]: LOWER_MAC: the NIC's address, where it is given one.
lower() {
	local what="$1 $2${LOWER_MAC:+ $LOWER_MAC}${3:+ $3}" reached=no line
	KIND=$1 TYPE="$1 mode $2"
	lab_nodes 2 nic=macvlan
	lab_config "${@:3}"
	if begins alpha && begins beta && works; then reached=yes; fi
	line=$(said) || line=
	say "$what: traffic: $reached; said: ${line:-nothing}"
	if [ "$reached" = yes ]; then
		[ -z "$line" ] || fail "$what works, and is warned of: $line"
		transfer alpha beta
		WORKS="$WORKS${WORKS:+, }$2${3:+ ($3)}"
	else
		[ -n "$line" ] || fail "$what: nothing arrives and nothing is said"
		SAID="$SAID${SAID:+, }$2"
	fi
	tear_down
}
