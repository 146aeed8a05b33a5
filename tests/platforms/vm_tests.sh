# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# vm_tests.sh: which tests run on a release's own kernel, and what became of them.

# Of the namespace tests those that ask most of the kernel.
VM_NETNS=(t_20_shield t_21_operator_filters t_29_adopt t_30_pairs_unicast t_36_nd t_60_gso t_71_crash)
# What the kernel of the machine that builds may lack, and of that what differs by the data path.
VM_LINKS=(t_vlan t_vlan_bridge t_bond t_team t_netem t_snooping t_virtio_hub t_virtio_offload t_macvlan
	t_ipvlan)
VM_LINKS_USER=(t_vlan t_bond t_virtio_hub t_virtio_offload)
# The data path of a test that selects its own is said by its name.
# shellcheck disable=SC2034 # for vm
VM_TESTS=(t_service t_boot_networkd t_boot_ifupdown t_boot_networkmanager fuzz "${VM_LINKS[@]/#/kernel/}"
	"${VM_NETNS[@]/#/kernel/}" "${VM_LINKS_USER[@]/#/user/}" "${VM_NETNS[@]/#/user/}"
	user/t_32_tap_connected)

# vm_row NAME RESULT SECONDS FIGURE
vm_row() {
	debian_row "$VM_RELEASE" vm "$1" "$VM_DEBIAN" "$VM_KERNEL" "$@"
}

# vm_verdict RELEASE TEST…: what vm_boot left, as rows of the table (Debian, kernel, test, result, seconds,
# figure), and a summary; tells which tests were not reached.
vm_verdict() {
	local name line seconds passed=0 failed=0 missing=() results=$VM_WORK/results
	VM_RELEASE=$1 VM_DEBIAN=$(cat "$VM_WORK/debian_version") VM_KERNEL=$(sed -n 's/^kernel //p' "$results" | head -n 1)
	shift
	for name in "$@"; do
		line=$(grep -m 1 -E "^(ok|FAIL) $name " "$results" || true)
		seconds=${line#*\(} seconds=${seconds%% s)*}
		case $line in
		"ok "*)
			passed=$((passed + 1))
			vm_row "$name" ok "$seconds" "$(sed -n 's/^[^:]* s): //p' <<<"$line")"
			;;
		?*)
			failed=$((failed + 1))
			vm_row "$name" failed "$seconds" ""
			;;
		*)
			missing+=("$name")
			vm_row "$name" "not reached" "" ""
			;;
		esac
	done
	if [ "${#missing[@]}" -gt 0 ]; then
		echo "not reached: ${missing[*]}"
		tail -n 20 "$VM_WORK/console" | sed 's/^/    /'
	fi
	[ -z "${VM_KEEP:-}" ] || { mkdir -p "$VM_KEEP" && cp "$VM_WORK/console" "$results" "$VM_KEEP"; }
	echo "$passed passed, $failed failed, ${#missing[@]} not reached"
	[ "$passed" -eq $# ]
}
