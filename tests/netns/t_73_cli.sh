#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Command lines (SPEC 7): exit statuses of daemon and control program, what -t, -V
# and -h print, -D and -p, and the JSON of status, peers and counters.
# run: once

# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

lab_nodes 2
lab_config liveness=0 # what it says of beta would be among the lines

# daemon RC WHAT ARGUMENTS…; control likewise
daemon() { expect_rc "$1" "clusterarpd $2" ip netns exec alpha "$CLUSTERARPD" "${@:3}"; }
control() { expect_rc "$1" "clusterarpctl $2" "$CLUSTERARPCTL" "${@:3}"; }
# piped RC WHAT FILE ARGUMENTS…: the daemon, with FILE on standard input.
piped() {
	# shellcheck disable=SC2016
	expect_rc "$1" "clusterarpd $2" bash -c 'cat "$0" | "$@"' "$3" \
		ip netns exec alpha "$CLUSTERARPD" "${@:4}"
}
said() { grep -Eq -- "$1" "$LAB_DIR/output" || fail "expected a line with '$1', saw: $(head -n 20 "$LAB_DIR/output")"; }

daemon 0 "-V" -V
said '[0-9]+\.[0-9]+'
daemon 0 "--version" --version
daemon 0 "-h" -h
said '--config'
daemon 2 "with an unknown option" --bogus
daemon 2 "with an argument too many" -t -c "$LAB_CONF" surplus
daemon 2 "with an option that lacks its value" -c
daemon 0 "-t -n" -t -c "$LAB_CONF" -n alpha
for known in cluster0 "$LAB_CLUSTER_MAC" "$(dedicated_mac alpha)" "$(dedicated_mac beta)"; do said "$known"; done
daemon 0 "-t without -n only warns" -t -c "$LAB_CONF"
said '[Ww]arning'
daemon 1 "-t -n nobody" -t -c "$LAB_CONF" -n nobody
daemon 1 "-n nobody" -c "$LAB_CONF" -n nobody -s /run/clusterarpd/x.sock
daemon 1 "without its file" -t -c "$LAB_DIR/missing.conf" -n alpha
expect_rc 0 "clusterarpd -t as an ordinary user" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$CLUSTERARPD" -t -c "$LAB_CONF" -n alpha
mkdir -m 777 /run/clusterarpd/nobody
expect_rc 3 "clusterarpd without its capabilities" ip netns exec alpha \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$CLUSTERARPD" -c "$LAB_CONF" -n alpha \
	-s /run/clusterarpd/nobody/control.sock

sed -e 's/^address = 12.12.4.101/adress = 12.12.4.101/' -e 's/^tap = .*/tap = a-name-that-is-too-long/' \
	"$LAB_CONF" >"$LAB_DIR/bad.conf"
line=$(grep -n '^adress' "$LAB_DIR/bad.conf" | cut -d: -f1)
tap=$(grep -n '^tap' "$LAB_DIR/bad.conf" | cut -d: -f1)
daemon 1 "-t with mistakes" -t -c "$LAB_DIR/bad.conf" -n alpha
said "bad.conf:$line: error: .*did you mean 'address'\?"
said "bad.conf:$tap: error: "

# A warning does not make -t fail.
sed -e 's/^interface = .*/interface = eth*/' "$LAB_CONF" >"$LAB_DIR/warned.conf"
daemon 0 "-t with a warning" -t -c "$LAB_DIR/warned.conf" -n alpha
said 'warned.conf:[0-9]+: warning: interface = eth\*'
said '^interface +. eth\*$'

# What is not a regular file is refused, and not waited for; "-" is standard input.
mkfifo "$LAB_DIR/fifo"
for file in "$LAB_DIR/fifo" /dev/zero /dev/null "$LAB_DIR"; do
	for options in "-t" "-s /run/clusterarpd/x.sock"; do
		# shellcheck disable=SC2086
		daemon 1 "$options -c $file" $options -c "$file" -n alpha
		said "$file: error: not a regular file"
	done
done
piped 0 "-t -c -" "$LAB_CONF" -t -c - -n alpha
said "$LAB_CLUSTER_MAC"
piped 1 "-t -c - with mistakes" "$LAB_DIR/bad.conf" -t -c - -n alpha
said "^<stdin>:$line: error: "
piped 1 "-t -c - without an end" /dev/zero -t -c - -n alpha
said '^<stdin>: error: cannot be read: File too large'

control 3 "without a daemon" -s "$(socket_of alpha)" status
control 2 "with an unknown option" --bogus status
control 2 "with an unknown command" -s "$(socket_of alpha)" dance
control 2 "with an option of shares for another command" --wait 5 status
while read -r arguments; do
	# shellcheck disable=SC2086
	control 2 "shares $arguments" shares $arguments
done <<'END'
dance
--wait 5
of
of 192.0.2
of 192.0.2.7:0
of 192.0.2.7:65536
of ::1:
of [::1
of [::1]443
drain now
drain --wait soon
drain --epoch 1
resume 1
weight
weight 101
weight two
set alpha
set --epoch 1 alpha
set --ttl 1 alpha
set --epoch 0 --ttl 1 alpha
set --epoch 9223372036854775808 --ttl 1 alpha
set --epoch 1 --ttl -1 alpha
set --epoch 1 --ttl 1
set --epoch 1 --ttl 1 alpha=
set --epoch 1 --ttl 1 =1
set --epoch 1 --ttl 1 alpha=101
set --epoch 1 --ttl 1 alpha alpha=1
set --epoch 1 --ttl 1 --wait 1 alpha
released alpha
released --epoch 1
released --epoch 1 --dead beta alpha
END
while read -r arguments; do # understood: what is missing is the daemon
	# shellcheck disable=SC2086
	control 3 "shares $arguments" shares $arguments
done <<'END'

of 192.0.2.7
of 192.0.2.7:65535
of 2001:db8::1
of [2001:db8::1]
of [2001:db8::1]:443
drain
drain --wait 0.5
resume
weight 0
set --epoch 9223372036854775807 --ttl 2.5 alpha beta=100
set alpha --epoch 1 --ttl forever --dead beta --dead gamma
released --epoch 1 alpha beta
END

# In the background: the daemon is ready when the command returns; the pid file has its PID.
mkdir -p /run/clusterarpd/alpha
daemon 0 "-D -p" -D -p /run/clusterarpd/alpha/pid -c "$LAB_CONF" -n alpha -s "$(socket_of alpha)"
LAB_PID[alpha]=$(cat /run/clusterarpd/alpha/pid)
lab_alive alpha || fail "the pid file does not have the PID of a process"
control 0 "status" -s "$(socket_of alpha)" status
expect "mode of the control socket" 660 "$(stat -c %a "$(socket_of alpha)")"

# A user without permission learns which group to join. The group clusterarpd may not exist here, so
# the socket gets another.
as_nobody() { expect_rc 3 "clusterarpctl as an ordinary user: $1" setpriv --reuid 65534 --regid 65534 \
	--clear-groups "$CONTROL" -s "$(socket_of alpha)" status; }
CONTROL=/run/clusterarpctl # its folder may be closed to others
install -m 755 "$CLUSTERARPCTL" "$CONTROL"
own=$(stat -c %g "$(socket_of alpha)")
chgrp games "$(socket_of alpha)"
as_nobody "the socket's group is games"
said "no daemon answers at $(socket_of alpha): Permission denied"
said 'run it as root, or join the group games and log in again: usermod -aG games USER'
expect_rc 0 "clusterarpctl as a member of games" setpriv --reuid 65534 --regid 65534 --groups games \
	"$CONTROL" -s "$(socket_of alpha)" status
chmod 700 /run/clusterarpd/alpha
as_nobody "a closed folder"
said 'join the group clusterarpd'
chmod 755 /run/clusterarpd/alpha
chgrp root "$(socket_of alpha)"
as_nobody "the socket's group is root"
said 'run it as root$'
chgrp "$own" "$(socket_of alpha)"
control 0 "-j config" -s "$(socket_of alpha)" -j config
cp "$LAB_DIR/output" "$LAB_DIR/from_file.json"
kill -TERM "${LAB_PID[alpha]}"
within "$(seconds 10)" lab_dead alpha || fail "the daemon in the background does not end"

# The same, from standard input: it cannot be read again.
piped 0 "-D -c -" "$LAB_CONF" -D -p /run/clusterarpd/alpha/pid -c - -n alpha -s "$(socket_of alpha)"
LAB_PID[alpha]=$(cat /run/clusterarpd/alpha/pid)
control 0 "-j config" -s "$(socket_of alpha)" -j config
cmp "$LAB_DIR/output" "$LAB_DIR/from_file.json" || fail "-c - gives another configuration than -c FILE"
control 1 "reload of standard input" -s "$(socket_of alpha)" reload
said 'standard input, which cannot be read again'
rm "$LAB_DIR/output" # to which the daemon in the background may still write

lab_start beta
expect_reach alpha beta
expect_reach alpha out
has() { jq -e "$1" "$LAB_DIR/output" >/dev/null || fail "expected $1, saw $(cat "$LAB_DIR/output")"; }
control 0 "-j status" -s "$(socket_of alpha)" -j status
has '.schema_version == 1 and .node == "alpha" and .datapath == "'"$LAB_DATAPATH"'" and .uptime_seconds >= 0'
has '(.version | type) == "string" and (.config_generation | type) == "number"'
has ".cluster | (.address[0] | startswith(\"$LAB_CLUSTER_IP\")) and .lladdr == \"$LAB_CLUSTER_MAC\""
has '.cluster | .tap == "cluster0" and .dev == "eth0"'
has ".dedicated | (.address[0] | startswith(\"12.12.4.101\")) and .lladdr == \"$(dedicated_mac alpha)\""
has ".source_lladdr == \"$(dedicated_mac alpha)\" and .link.carrier == true and .link.mtu == 1500"
control 0 "-j peers" -s "$(socket_of alpha)" -j peers
has '.schema_version == 1 and (.peers | length) == 1 and .peers[0].name == "beta"'
has ".peers[0] | .lladdr == \"$(dedicated_mac beta)\" and .counters.frames_in > 0 and .counters.arp_out > 0"
control 0 "-j counters" -s "$(socket_of alpha)" -j counters
for name in tap_frames_in tap_frames_out tap_bytes_in tap_bytes_out nic_frames_in nic_frames_out \
	nic_bytes_in nic_bytes_out arp_rewritten; do
	has ".counters.$name > 0"
done
for reason in echo not_ours peer_address strict spoofed conflict malformed too_long nic_busy tap_busy \
	kernel_ring; do
	has ".counters.drops.$reason | type == \"number\""
done
for command in status peers counters; do control 0 "$command" -s "$(socket_of alpha)" "$command"; done

kill -TERM "${LAB_PID[alpha]}"
within "$(seconds 10)" lab_dead alpha || fail "the daemon in the background does not end"
control 3 "after the daemon" -s "$(socket_of alpha)" status
expect_rc 1 "its TAP is gone" ip -n alpha link show cluster0
lab_stop beta
