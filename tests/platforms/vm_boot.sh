# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# vm_boot.sh: the virtual machine. vm_boot boots $VM_WORK/{image,vmlinuz,initrd}, prints what the guest
# writes to its port "results" line by line as it comes, and keeps it in $VM_WORK/results; the console
# is in $VM_WORK/console. Returns when the guest has switched itself off, or after VM_LIMIT seconds. When
# it boots again QEMU is started anew: after a reset of an emulated machine kernel 6.12 hung in the
# self-tests of its ciphers, which do not run here at all. A kernel that panics ends the machine.
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

# One boot, in a network namespace of its own; see vm_boot.
vm_qemu() {
	local nics
	vm_switch
	mapfile -t nics < <(vm_nics)
	exec timeout -k 5 "$VM_SECONDS" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-machine q35 -accel tcg,thread=multi -cpu Nehalem -smp 2 -m 2048 -device virtio-rng-pci \
		-kernel "$VM_WORK/vmlinuz" -initrd "$VM_WORK/initrd" \
		-append "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off cryptomgr.notests panic=-1 systemd.log_level=warning" \
		-drive "file=$VM_WORK/image,format=raw,if=virtio,cache=unsafe" \
		-chardev "file,id=console,path=$VM_WORK/console,append=on" -serial chardev:console -device virtio-serial-pci \
		-chardev "file,id=results,path=$VM_WORK/results,append=on" -device virtserialport,chardev=results,name=results \
		"${nics[@]}"
}

# Boots as often as the guest asks for.
vm_boots() {
	local end=$((SECONDS + VM_LIMIT)) boots=0
	export VM_WORK VM_SECONDS
	export -f vm_switch vm_nics vm_qemu
	while [ "$(grep -c '^boot ' "$VM_WORK/results")" -ge "$boots" ] && [ "$SECONDS" -lt "$end" ]; do
		boots=$((boots + 1)) VM_SECONDS=$((end - SECONDS))
		unshare --net "$BASH" -euc vm_qemu >"$VM_WORK/qemu" 2>&1 || {
			echo "the virtual machine ended with exit status $?"
			cat "$VM_WORK/qemu"
		}
	done
}

vm_boot() {
	local shown
	: >"$VM_WORK/results"
	: >"$VM_WORK/console"
	tail -n +1 -f "$VM_WORK/results" &
	shown=$!
	vm_boots
	sleep 2 # tail looks once a second
	kill "$shown"
	wait "$shown" || true
}
