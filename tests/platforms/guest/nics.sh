# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# nics.sh: the lab with the virtual machine's own NICs instead of veths, and the network that they are on
# as switch. Sourced after NICS is set to the start of their MACs: 52:54:00:aa:01 or 52:54:00:aa:02
# (vm_boot.sh). The lab runs in the machine's own network namespace, where the NICs are; they come back
# there when it ends.

if [ -z "${LAB_SANDBOX:-}" ]; then
	LAB_SANDBOX=1 exec unshare --mount --uts --pid --fork --kill-child --mount-proc -- "$BASH" "$0" "$@"
fi
# shellcheck source-path=SCRIPTDIR source=links.sh
. "$(dirname "${BASH_SOURCE[0]}")/links.sh"

lab_switch() { :; }

nic_named() { ip -j link | jq -er --arg mac "$1" '.[] | select(.address == $mac) | .ifname'; }

# lab_veth HOST NAME …: takes the next NIC.
NIC_NEXT=1
lab_veth() {
	local mac=$NICS:0$NIC_NEXT nic
	NIC_NEXT=$((NIC_NEXT + 1))
	# The one of a test before comes back a moment after its namespace is gone.
	within "$(seconds 5)" nic_named "$mac" >/dev/null || fail "no NIC $mac"
	nic=$(nic_named "$mac")
	ip link set "$nic" down
	ip link set "$nic" netns "$1" name "$2"
}

# offload HOST NAME: on or off.
offload() { on "$1" ethtool -k eth0 | sed -n "s/^$2: \([a-z]*\).*/\1/p"; }

# nics_pass ON-OR-OFF: with the offloads on or off, as NICS's NICs have them, everything gets through.
nics_pass() {
	local feature
	lab_nodes 2 family=46
	expect "driver of alpha's NIC" virtio_net "$(on alpha ethtool -i eth0 | sed -n 's/^driver: //p')"
	for feature in tx-checksumming tcp-segmentation-offload; do
		expect "$feature" "$1" "$(offload alpha "$feature")"
	done
	lab_config dedicated_mac=unicast
	lab_start_all
	expect_datapath
	all_well
	lab_stop_all
}
