#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package, as its user has it: enabled and started by systemd; auto takes the kernel data path; frames
# reach a peer and an outsider; a restart loses none; a stop gives the NIC back.

# shellcheck source-path=SCRIPTDIR source=../../systemd/booted.sh
. "$(dirname "$0")/../../systemd/booted.sh"

now() { date +%s%3N; }

# The NIC is a veth of this machine; its own NICs, of which udev may just be loading the driver, are for other
# tests.
within 60 test -e /sys/class/net/eth0 || fail "this machine has no NIC"
ip link set eth0 down
ip link set eth0 name real0
trap 'systemctl -q disable --now clusterarpd || true; ip link del eth0 2>/dev/null || true; ip link set real0 name eth0' EXIT
network
configure
start_beta
systemctl enable --now clusterarpd || fail "systemctl enable --now clusterarpd"
expect "enabled" enabled "$(systemctl is-enabled clusterarpd)"
expect "running" active "$(systemctl is-active clusterarpd)"
expect "data path" kernel "$(clusterarpctl -j status | jq -r .datapath)"
clusterarpctl status | grep -q 'data path: kernel' || fail "status: $(clusterarpctl status)"
expect_pings started
ping -n -i 0.1 -W 5 12.12.4.102 >/tmp/ping 2>&1 &
pid=$!
sleep 1
from=$(now)
systemctl restart clusterarpd || fail "systemctl restart clusterarpd"
took=$(($(now) - from))
sleep 1
kill -INT "$pid"
wait "$pid" || true
# A neighbour that no daemon answers for is given up 5 s after it was last confirmed, and more: an emulated
# machine may need longer for a restart. The last ping may still be under way.
lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 - \2/p' /tmp/ping)
lost=$(((lost) * 100))
[ "$lost" -le $((took > 5000 ? took - 5000 : 100)) ] || fail "a restart of $took ms loses $lost ms: $(tail -n 3 /tmp/ping)"
ok "a restart of $took ms loses $lost ms"
expect_pings restarted
expect "failed units" "" "$(systemctl --failed --no-legend | grep clusterarpd || true)"
systemctl disable --now clusterarpd || fail "systemctl disable --now clusterarpd"
expect "the TAP after a stop" "" "$(ip -br link show dev cluster0 2>/dev/null || true)"
expect "filters on the NIC after a stop" "" "$(tc filter show dev eth0 ingress 2>/dev/null)"
kill "$(cat /run/beta/pid)"
for host in beta out sw; do ip netns del "$host"; done
printf 'figure: restart %s ms, pings lost %s ms\n' "$took" "$lost"
