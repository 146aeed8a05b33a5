#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An SSH session over link-local addresses: from alpha to beta, and from the outsider to beta; 32 MiB
# come back unchanged.

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=dual.sh
. "$(dirname "${BASH_SOURCE[0]}")/dual.sh"

dual_start

mkdir -p /run/sshd /run/keys
chmod 700 /run/keys
ssh-keygen -q -t ed25519 -N '' -f /run/keys/host
ssh-keygen -q -t ed25519 -N '' -f /run/keys/client
cp /run/keys/client.pub /run/keys/authorized
ip netns exec beta /usr/sbin/sshd -D -e -f /dev/null -p 2222 -o HostKey=/run/keys/host \
	-o PidFile=none -o AuthorizedKeysFile=/run/keys/authorized -o PermitRootLogin=yes \
	-o StrictModes=no -o UsePAM=no -o ListenAddress=:: >"$LAB_DIR/sshd.log" 2>&1 &
sshd=$!
within 5 listens beta 2222 || fail "$(cat "$LAB_DIR/sshd.log")"

# session HOST DEVICE COMMAND
session() {
	on "$1" timeout 60 ssh -F /dev/null -i /run/keys/client -p 2222 -o BatchMode=yes \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		"root@$(link_local_of beta)%$2" "$3"
}

head -c 32M /dev/urandom >/run/file
expected=$(sha256sum </run/file)
expect "alpha to beta" "$expected" "$(session alpha cluster0 cat </run/file | sha256sum)"
expect "the outsider to beta" "$expected" "$(session out eth0 cat </run/file | sha256sum)"

kill "$sshd"
wait "$sshd" 2>/dev/null || true
lab_stop_all
