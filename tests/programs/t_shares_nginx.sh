#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nginx on three nodes with shares = driven, through ten drains: ab and wrk from the outsider see no failed
# request, with new connections for each and with connections that stay; a download of 200 MB goes on;
# so does an SSH session.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=nginx.sh
. "$(dirname "${BASH_SOURCE[0]}")/nginx.sh"

SIZE=200000000

# ten_drains: of alpha, beta and gamma in turn, a second each.
ten_drains() {
	local i
	for ((i = 0; i < 10; i++)); do
		case $((i % 3)) in
		0) order alpha=0 beta gamma ;;
		1) order alpha beta=0 gamma ;;
		2) order alpha beta gamma=0 ;;
		esac
		sleep 1
	done
	order alpha beta gamma
}

# through_drains WHAT COMMAND…: the outsider runs the command until ten drains are over; its output is in
# $LAB_DIR/program.
through_drains() {
	local what=$1 pid
	shift
	on out "$@" >"$LAB_DIR/program" 2>&1 </dev/null &
	pid=$!
	sleep 0.5
	ten_drains
	kill -0 "$pid" 2>/dev/null || fail "$what ended before the drains did: $(tail -n 20 "$LAB_DIR/program")"
	wait "$pid" || fail "$what: $(tail -n 20 "$LAB_DIR/program")"
}

head -c $SIZE /dev/urandom >/run/file
lab_nodes 3 family=46
lab_config shares=driven
lab_start_all
TTL=120
order alpha beta gamma
mkdir -p /run/www
mv /run/file /run/www/file
for node in "${LAB_NODES[@]}"; do nginx_start "$node"; done
for ((i = 0; i < 40; i++)); do
	on out curl -s -m 5 "http://$LAB_CLUSTER_IP:8080/name" || fail "curl: no answer"
done | sort | uniq -c >"$LAB_DIR/names"
expect "nodes that answered 40 requests" 3 "$(wc -l <"$LAB_DIR/names")"

say "ab: a connection for each request"
through_drains ab timeout 60 ab -q -t 22 -n 10000000 -c 20 -s 10 "http://$LAB_CLUSTER_IP:8080/name"
expect_num "requests" "$(of_ab 'Complete requests')" ">" 1000
expect "requests that failed: connect, receive, exceptions" "0 0 0" "$(ab_failed)"

say "wrk: connections that stay"
through_drains wrk timeout 60 wrk -t 1 -c 60 -d 22 --timeout 10 "http://[$LAB_CLUSTER_IP6]:8080/name"
expect_num "requests" "$(awk '/requests in/ { print $1 }' "$LAB_DIR/program")" ">" 1000
expect "errors" "" "$(grep -E 'Socket errors|Non-2xx' "$LAB_DIR/program" || true)"

say "curl: a download"
expected=$(sha256sum </run/www/file)
for target in "$LAB_CLUSTER_IP" "[$LAB_CLUSTER_IP6]"; do
	through_drains "curl from $target" timeout 60 curl -sS --limit-rate 9M -o /run/copy "http://$target:8080/file"
	expect "curl from $target: what has arrived" "$expected" "$(sha256sum </run/copy)"
	rm /run/copy
done

say "ssh: a session"
mkdir -p /run/sshd /run/keys
chmod 700 /run/keys
ssh-keygen -q -t ed25519 -N '' -f /run/keys/host
ssh-keygen -q -t ed25519 -N '' -f /run/keys/client
cp /run/keys/client.pub /run/keys/authorized
SSHD=()
for node in "${LAB_NODES[@]}"; do
	ip netns exec "$node" /usr/sbin/sshd -D -e -f /dev/null -p 2222 -o HostKey=/run/keys/host \
		-o PidFile=none -o AuthorizedKeysFile=/run/keys/authorized -o PermitRootLogin=yes \
		-o StrictModes=no -o UsePAM=no -o ListenAddress="$LAB_CLUSTER_IP" >"$LAB_DIR/$node.sshd.log" 2>&1 &
	SSHD+=("$!")
	within 5 listens "$node" 2222 || fail "$(cat "$LAB_DIR/$node.sshd.log")"
done
# shellcheck disable=SC2016 # the other shell's
through_drains ssh timeout 60 ssh -F /dev/null -i /run/keys/client -p 2222 -o BatchMode=yes \
	-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$LAB_CLUSTER_IP" \
	'for i in $(seq 240); do echo "$i"; sleep 0.1; done'
expect "lines of the session" "$(seq 240 | cksum)" "$(cksum <"$LAB_DIR/program")"

kill "${SSHD[@]}"
wait "${SSHD[@]}" 2>/dev/null || true
nginx_stop_all
lab_stop_all
