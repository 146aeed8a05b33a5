/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: what src/bpf/programs.c and the eBPF programs share: the layout of the maps
 * and of the variables. Compiled for both, so <linux/types.h> and rules.h, no more.
 *
 * Keys are compared as raw bytes: what a key leaves unused is zero.
 */
#ifndef CLUSTERARPD_BPF_LAYOUT_H
#define CLUSTERARPD_BPF_LAYOUT_H

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

/* A record of `from_wire`: a frame from the wire that the kernel data path leaves to the
 * daemon, and the VLAN tag that the kernel has taken off it. Records have one of a few sizes. */
#define BPF_FRAME_LAYOUT 1 /* another number for another layout: a ring outlives a run */
struct bpf_frame {
	__u32 len;                 /* of `data` */
	__u16 vlan_tpid, vlan_tci; /* in host byte order; tpid 0: no tag */
	__u8 data[];
};

/* A MAC that many frames go to or come from: what `macs` has of it, found without a look-up. */
struct bpf_near {
	struct bpf_mac_key mac; /* BPF_NO_MAC: none */
	struct bpf_entry entry;
};
#define BPF_NEAR_MAX 8 /* this node's own three, and some of its peers' */
#define BPF_NO_MAC   (~0ull)

/* Where to, and as whom; may change at any time but for the node's own MACs. */
struct bpf_path {
	__u32 policy;   /* enum rule_policy */
	__u32 nic, tap; /* ifindex; 0: what would go there goes to the daemon */
	__u32 mtu;      /* the NIC's */
	__u32 is_in;    /* frames from the wire are clusterarpd_in's, not the packet socket's */
	struct bpf_mac_key cluster, source;
	struct bpf_near near[BPF_NEAR_MAX];
};

#endif
