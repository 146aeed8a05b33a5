# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The section "A cluster that survives a node" of the README, with its own commands, on three systems
# booted inside this one: alpha, beta and gamma. Then gamma loses its power, and comes back. Without
# the packages: tests/package has them.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

NODES=(alpha beta gamma)
EXAMPLES=/usr/share/doc/clusterarpd/examples/three-nodes
declare -A MACHINE=() # the id of systemd-nspawn

# block N: the N-th indented block of the section.
block() {
	awk -v n="$1" '/^## / { on = /^## A cluster that survives a node/ }
		!on || !/^    / { inside = 0; next }
		{ if (!inside++) count++ }
		count == n { print substr($0, 5) }' /README.md
}

# --- machines --------------------------------------------------------------------------------

# What corosync needs in a container.
in_container() { printf 'system {\n\tsched_rr: no\n\tallow_knet_handle_fallback: yes\n}\n'; }
# As the file of Debian's package: one node.
packaged_conf() {
	cat <<-CONF
		totem {
			version: 2
			cluster_name: debian
			crypto_cipher: none
			crypto_hash: none
		}
		quorum {
			provider: corosync_votequorum
		}
		nodelist {
			node {
				name: node1
				nodeid: 1
				ring0_addr: 127.0.0.1
			}
		}
	CONF
}
# It shares the files of this system, and keeps what it writes over a loss of power.
machine_make() {
	local dir=/run/three/$1 root=/run/three/$1/root
	mkdir -p "$dir/u" "$dir/w" "$root"
	mount -t overlay three -o "lowerdir=/,upperdir=$dir/u,workdir=$dir/w" "$root"
	# Of the services only those that the README starts.
	rm -f "$root"/etc/systemd/system/*.wants/* "$root"/under-test.*
	echo "$1" >"$root/etc/hostname"
	in_container >>"$root$EXAMPLES/corosync.conf"
	{
		packaged_conf
		in_container
	} >"$root/etc/corosync/corosync.conf"
}
# machine_on NAME ADDRESS: the host has its address on eth0, as any host has.
machine_on() {
	host "$1"
	ip -n "$1" addr add "$2/24" dev eth0
	systemd-run -q --scope -p Delegate=yes systemd-nspawn -q -D "/run/three/$1/root" -M "$1" --hostname="$1" \
		--register=no --keep-unit --network-namespace-path="/run/netns/$1" --capability=all \
		--kill-signal=SIGRTMIN+3 --system-call-filter='bpf @keyring perf_event_open' \
		-b systemd.log_level=warning >"/run/three/$1/boot.log" 2>&1 </dev/null &
	MACHINE[$1]=$!
}
machine_wait() {
	within 20 booted "$1" || fail "$1 does not boot: $(cat "/run/three/$1/boot.log")"
}
# Its first process, by the number outside; systemd-nspawn may have other children.
leader() {
	local pid
	# shellcheck disable=SC2013 # words
	for pid in $(cat "/proc/${MACHINE[$1]}/task/${MACHINE[$1]}/children" 2>/dev/null); do
		! grep -qE '^NSpid:.*[[:space:]]1$' "/proc/$pid/status" 2>/dev/null || echo "$pid"
	done
}
# inside NODE COMMAND…
inside() {
	local pid
	pid=$(leader "$1")
	shift
	nsenter -t "${pid:-0}" -r -m -u -i -n -p -C -- "$@"
}
booted() { inside "$1" systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; }
# Everything ends in the same instant, and the cable has no carrier.
machine_lose_power() {
	ip -n sw link set "p_$1" down
	kill -KILL "$(leader "$1")"
	wait "${MACHINE[$1]}" 2>/dev/null || true
	ip netns del "$1"
}
# type_in NODE N: the N-th block, as typed on the node by root.
type_in() {
	inside "$1" bash -ec "apt-get() { systemctl -q enable --now corosync nginx || true; }
		$(block "$2")" >"/run/three/$1/typed" 2>&1 || {
		cat "/run/three/$1/typed"
		inside "$1" journalctl --no-pager -n 20
		fail "block $2 of the README on $1"
	}
}

# --- what is to be seen -----------------------------------------------------------------------

# The table of nodes, without the last column; the README has that of block 4.
table() { awk 'NF == 6 || NR == 1 { print $1, $2, $3, $4 }'; }
told() { inside "$1" clusterarpctl shares 2>/dev/null | table; }
tells() { [ "$(told "$1")" = "$2" ]; }
# all_tell WHAT TABLE NODE…
all_tell() {
	local what=$1 node
	shift
	for node in "${@:2}"; do
		within 15 tells "$node" "$1" || {
			inside "$node" journalctl --no-pager -n 20 -u 'clusterarpd*' -u corosync
			fail "$what: $node shows $(told "$node")"
		}
	done
	ok "$what: on each node the same shares"
}

# client SECONDS: the README's loop; each line: the answer, and the time it took, in ms.
client() {
	# shellcheck disable=SC2016 # for that shell
	timeout "$1" ip netns exec out bash -c '
		curl() {
			local start=${EPOCHREALTIME/./} answer
			answer=$(command curl "$@") || return
			echo "$answer $(((${EPOCHREALTIME/./} - start) / 1000))"
		}
		'"$(block 6)" || [ $? -eq 124 ]
}
answers() { grep -c "^$1" /run/three/client || true; }
slowest() { awk '$2 > max { max = $2 } END { print max + 0 }' /run/three/client; }

# ----------------------------------------------------------------------------------------------

mkdir -p /run/netns
ip netns add sw
ip -n sw link add br0 type bridge
ip -n sw link set br0 up
host out
ip -n out addr add 12.12.4.200/24 dev eth0
systemd-sysusers
mkdir -p /run/three
mount -t tmpfs three /run/three
for node in "${NODES[@]}"; do machine_make "$node"; done
for i in 0 1 2; do machine_on "${NODES[i]}" "12.12.4.10$((i + 1))"; done

for node in "${NODES[@]}"; do
	machine_wait "$node"
	type_in "$node" 1
done
type_in alpha 2
for node in beta gamma; do
	cp -p /run/three/alpha/root/etc/corosync/authkey "/run/three/$node/root/etc/corosync/"
done
for node in "${NODES[@]}"; do type_in "$node" 3; done
all=$(block 4 | tail -n +2 | table)
all_tell "the commands of the README" "$all" "${NODES[@]}"
inside alpha clusterarpd-corosync -t >/tmp/said 2>&1 || fail "clusterarpd-corosync -t: $(cat /tmp/said)"
expect "clusterarpd-corosync -t has nothing to warn of" 0 "$(grep -c warning /tmp/said || true)"

client 8 >/run/three/client &
client=$!
sleep 2.5
machine_lose_power gamma
lost=$SECONDS
all_tell "gamma without power" "$(sed 's/^gamma.*/gamma gone 0 0.0/; s/33.3/50.0/' <<<"$all")" alpha beta
[ $((SECONDS - lost)) -le 4 ] || fail "it took $((SECONDS - lost)) s"
wait $client
expect "requests that failed" 0 "$(answers no)"
for node in "${NODES[@]}"; do
	[ "$(answers "$node")" -gt 0 ] || fail "$node has answered nothing"
done
[ "$(slowest)" -lt 4000 ] || fail "the slowest answer took $(slowest) ms"
ok "answers of alpha $(answers alpha), beta $(answers beta), gamma $(answers gamma); the slowest took $(slowest) ms"

client 7 >/run/three/client &
client=$!
machine_on gamma 12.12.4.103
machine_wait gamma
all_tell "gamma is back" "$all" "${NODES[@]}"
wait $client
expect "requests that failed" 0 "$(answers no)"
[ "$(slowest)" -lt 2000 ] || fail "the slowest answer took $(slowest) ms"
ok "answers of gamma $(answers gamma); the slowest took $(slowest) ms"

# Not to wait for their shutdown.
for node in "${NODES[@]}"; do machine_lose_power "$node"; done
