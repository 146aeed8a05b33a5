# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# vm_boot.sh: the virtual machine. vm_boot boots $VM_WORK/{image,vmlinuz,initrd}, prints what the guest
# writes to its port "results" line by line as it comes, and keeps it in $VM_WORK/results; the console
# is in $VM_WORK/console. Returns when the guest has switched itself off, or after VM_LIMIT seconds.
#
# The guest has three virtio NICs on a hub (52:54:00:aa:01:01 and so on), which has no offloads, and
# three on TAPs (52:54:00:aa:02:01 and so on), which have checksum and segmentation offload, on a bridge of
# this side, in a network namespace of its own.

: "${VM_LIMIT:=14400}"

# The switch of the second three NICs; runs in QEMU's network namespace.
vm_switch() {
	local i
	ip link add br0 type bridge mcast_snooping 0 stp_state 0
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip link set br0 up
	for i in 1 2 3; do
		ip tuntap add "tap$i" mode tap vnet_hdr
		ip link set "tap$i" master br0 up
	done
}

# Prints the options for the NICs, one a line.
vm_nics() {
	local i
	for i in 1 2 3; do
		printf '%s\n' -netdev "hubport,hubid=0,id=hub$i" \
			-device "virtio-net-pci,netdev=hub$i,mac=52:54:00:aa:01:0$i,romfile="
	done
	for i in 1 2 3; do
		printf '%s\n' -netdev "tap,id=tap$i,ifname=tap$i,script=no,downscript=no" \
			-device "virtio-net-pci,netdev=tap$i,mac=52:54:00:aa:02:0$i,romfile="
	done
}

# Runs in a network namespace of its own; see vm_boot.
vm_qemu() {
	local nics
	vm_switch
	mapfile -t nics < <(vm_nics)
	exec timeout -k 5 "$VM_LIMIT" qemu-system-x86_64 -nodefaults -no-user-config -display none \
		-machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -device virtio-rng-pci \
		-kernel "$VM_WORK/vmlinuz" -initrd "$VM_WORK/initrd" \
		-append "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off systemd.log_level=warning" \
		-drive "file=$VM_WORK/image,format=raw,if=virtio,snapshot=on,cache=unsafe" \
		-serial "file:$VM_WORK/console" -device virtio-serial-pci \
		-chardev "file,id=results,path=$VM_WORK/results" -device virtserialport,chardev=results,name=results \
		"${nics[@]}"
}

vm_boot() {
	local qemu shown
	: >"$VM_WORK/results"
	: >"$VM_WORK/console"
	export VM_WORK VM_LIMIT
	export -f vm_switch vm_nics vm_qemu
	unshare --net "$BASH" -euc vm_qemu >"$VM_WORK/qemu" 2>&1 &
	qemu=$!
	tail -n +1 -f --pid="$qemu" "$VM_WORK/results" &
	shown=$!
	wait "$qemu" || { echo "the virtual machine ended with exit status $?" && cat "$VM_WORK/qemu"; }
	wait "$shown"
}
