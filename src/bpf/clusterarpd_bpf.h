/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clusterarpd_bpf: what src/io/kernel.c and the eBPF programs share: the layout of the maps
 * and of the variables. Compiled for both, so <linux/types.h> and rules.h, no more.
 *
 * Keys are compared as raw bytes: what a key leaves unused is zero.
 */
#ifndef CLUSTERARPD_BPF_H
#define CLUSTERARPD_BPF_H

#include <linux/types.h>

#include "core/rules.h"

/* Key of `macs`. */
struct bpf_mac_key {
	__u8 b[6];
	__u8 unused[2];
} __attribute__((aligned(8)));

/* Key of `addresses`, the likeness of struct ip_addr. */
struct bpf_ip_key {
	__u8 family; /* 2: IPv4, first 4 bytes of b; 10: IPv6, all 16 (AF_*, of Linux) */
	__u8 b[16];
	__u8 unused[3];
};

#define BPF_FAMILY_IPV4 2
#define BPF_FAMILY_IPV6 10

/* Value of both: what it is to this node, and which peer's. */
struct bpf_entry {
	__u32 roles; /* enum mac_role or enum ip_role */
	__u32 peer;  /* index into `peers`; 0: no peer's, or not one's alone */
};

struct bpf_flow {
	__u64 frames, bytes;
};

/* Value of `peers`, for each CPU. */
struct bpf_peer_counts {
	struct bpf_flow in, out; /* from the peer; to it */
};

/* Value of `counts`, for each CPU: what took the kernel data path, and drops. */
struct bpf_counts {
	struct bpf_flow tap_in, nic_out; /* egress */
	struct bpf_flow nic_in, tap_out; /* ingress */
	__u64 drops[DROP_REASONS];       /* by enum drop_reason */
};

/* One of this node's own MACs, which most frames go to: what `macs` has of it, too. */
struct bpf_own {
	struct bpf_mac_key mac;
	struct bpf_entry entry;
};
#define BPF_OWN_MAX 3 /* cluster MAC, dedicated MAC, wire source MAC */

/* Where to, and as whom; may change at any time but for the MACs. */
struct bpf_path {
	__u32 policy;   /* enum rule_policy */
	__u32 nic, tap; /* ifindex; 0: what would go there goes to the daemon */
	__u32 mtu;      /* the NIC's */
	struct bpf_mac_key cluster, source;
	struct bpf_own own[BPF_OWN_MAX]; /* all that there are; the rest repeat the first */
};

#endif
