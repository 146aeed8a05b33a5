#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# corosync with two IPv6 links (knet) between the nodes' dedicated addresses: three members that see
# each other on both links, and keep each other while neighbour entries expire and are renewed.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=dual.sh
. "$(dirname "${BASH_SOURCE[0]}")/dual.sh"

dual_start

nodelist() {
	local node
	for node in "${LAB_NODES[@]}"; do
		cat <<-CONF
			node {
				name: $node
				nodeid: $(node_index "$node")
				ring0_addr: $(ip6_of "$node")
				ring1_addr: $(ip6_of "$node" 5)
			}
		CONF
	done
}

cat >"$LAB_DIR/corosync.conf" <<CONF
totem {
	version: 2
	cluster_name: lab
	transport: knet
	crypto_cipher: none
	crypto_hash: none
	ip_version: ipv6
	token: 3000
}
nodelist {
$(nodelist)
}
quorum {
	provider: corosync_votequorum
}
logging {
	to_stderr: yes
	to_syslog: no
	to_logfile: no
}
CONF

# Each corosync has files of its own; its clients find it by its network namespace.
corosync_on() {
	ip netns exec "$1" unshare --mount sh -c "
		mount -t tmpfs none /var/lib/corosync && mount -t tmpfs none /dev/shm &&
		mkdir -p /run/corosync.$1 && mount --bind /run/corosync.$1 /run &&
		exec corosync -f -c '$LAB_DIR/corosync.conf'" \
		>"$LAB_DIR/corosync.$1.log" 2>&1 </dev/null &
	COROSYNC[$1]=$!
}

# In the mount namespace of the corosync on NODE.
beside() {
	local node=$1
	shift
	nsenter -t "${COROSYNC[$node]}" -m -n timeout 5 "$@"
}

members() { beside "$1" corosync-quorumtool -s 2>/dev/null | awk '/^Nodes:/ { print $2 }'; }
has_members() { [ "$(members "$1")" = "$2" ]; }
links_up() { beside "$1" corosync-cfgtool -s 2>/dev/null | grep -c '[[:space:]]connected' || true; }
has_links() { [ "$(links_up "$1")" = "$2" ]; }

declare -A COROSYNC=()
for node in "${LAB_NODES[@]}"; do corosync_on "$node"; done
for node in "${LAB_NODES[@]}"; do
	within 30 has_members "$node" 3 || fail "$node sees $(members "$node") members"
	ok "$node sees three members"
	within 30 has_links "$node" 4 || fail "$node: $(beside "$node" corosync-cfgtool -s)"
	ok "$node: both links to both peers are connected"
done

for node in "${LAB_NODES[@]}"; do on "$node" ip -6 neigh flush dev cluster0; done
sleep 5
for node in "${LAB_NODES[@]}"; do
	expect "members at $node after five seconds" 3 "$(members "$node")"
	expect "memberships lost at $node" 0 "$(grep -c 'left the membership\|Failed to receive' "$LAB_DIR/corosync.$node.log" || true)"
done
kill "${COROSYNC[@]}"
wait "${COROSYNC[@]}" 2>/dev/null || true
lab_stop_all
