/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout: the layout of the maps and global variables that src/bpf/programs.c and the eBPF
 * programs share. Compiled for both, so it includes <linux/types.h> and headers of the core that do
 * the same.
 *
 * Map keys are compared as raw bytes: unused bytes of a key must be zero.
 */
#ifndef CLUSTERARPD_BPF_LAYOUT_H
#define CLUSTERARPD_BPF_LAYOUT_H

#include <linux/types.h>

#include "core/rules.h"
#include "core/shares_hash.h"

/* Key of `macs`. */
struct bpf_mac_key {
	__u8 b[6];
	__u8 unused[2];
} __attribute__((aligned(8)));

/* Key of `addresses`, similar to struct ip_addr. */
struct bpf_ip_key {
	__u8 family; /* AF_INET (2): first 4 bytes of b used; AF_INET6 (10): all 16 */
	__u8 b[16];
	__u8 unused[3];
};

#define BPF_FAMILY_IPV4 2
#define BPF_FAMILY_IPV6 10

/* Value of `macs` and `addresses`: the roles for this node, and the peer that has it. */
struct bpf_entry {
	__u32 roles; /* enum mac_role or enum ip_role */
	__u32 peer;  /* index into `peers`; 0: no peer has it, or several have */
};

struct bpf_flow {
	__u64 frames, bytes;
};

/* Value of `peers`, per CPU. */
struct bpf_peer_counts {
	struct bpf_flow in, out; /* from the peer; to it */
};

/* Value of `counts`, per CPU: frames on the kernel data path, and drops. */
struct bpf_counts {
	struct bpf_flow tap_in, nic_out; /* egress */
	struct bpf_flow nic_in, tap_out; /* ingress */
	__u64 drops[DROP_REASONS];       /* by enum drop_reason */
};

/* A record of `from_wire`: a frame from the wire that the kernel data path passes to the
 * daemon, and the VLAN tag that the kernel has stripped from it. Records have a few fixed sizes:
 * one may be longer than its frame. */
#define BPF_FRAME_LAYOUT 1 /* change it with the layout: a ring outlives a run */
struct bpf_frame {
	__u32 len;                 /* of `data` */
	__u16 vlan_tpid, vlan_tci; /* in host byte order; tpid 0: no tag */
	__u8 data[];
};

/* A record of `seen`: a frame that a program has handled, while somebody captures; as it is now,
 * which is after rewriting. */
struct bpf_seen {
	__u64 time; /* CLOCK_MONOTONIC, ns */
	__u64 mac;  /* struct bpf_mac_key: before rewriting. Of what comes from the NIC the Ethernet
		     * destination, else the source: no more is rewritten by the programs. */
	__u32 how;  /* enum bpf_seen_how */
	__u32 len;  /* of the frame */
	__u32 kept; /* of that in `data` */
	__u16 vlan_tpid, vlan_tci; /* as in struct bpf_frame */
	__u8 data[];
};

enum bpf_seen_how {
	SEEN_INGRESS = 1 << 0, /* from the NIC to the TAP */
	SEEN_CAME = 1 << 1,    /* to be shown where it came in, */
	SEEN_LEFT = 1 << 2,    /* and where it went out, or was to */
};
#define SEEN_DROP  8  /* shift of enum drop_reason, in a byte */
#define SEEN_EDITS 16 /* shift of enum rule_edit */

/* Value of `seen_lost`, per CPU: sides for whose frame `seen` had no room. */
struct bpf_seen_lost {
	__u64 tap_in, tap_out, nic_in, nic_out;
};

#define BPF_SEEN_BYTES  (4 * 1024 * 1024)
#define BPF_SNAPLEN_MAX (256 * 1024)

/* A MAC that many frames have as source or destination, with its entry in `macs`: compared
 * directly, which saves a map look-up. */
struct bpf_near {
	struct bpf_mac_key mac; /* BPF_NO_MAC: none */
	struct bpf_entry entry;
};
#define BPF_NEAR_MAX 8 /* the node's own three, and some of the peers' */
#define BPF_NO_MAC   (~0ull)

/* The shares: like struct shares_path of core/flow.h. */
struct bpf_shares {
	struct shares_key key;
	__u64 lease;    /* CLOCK_MONOTONIC, ns; BPF_FOREVER */
	__u32 affinity; /* enum bpf_affinity */
	__u32 unused;
	__u8 decisions[SHARES_BUCKETS]; /* enum shares_decision */
};
#define BPF_FOREVER (~0ull)

/* enum config_affinity */
enum bpf_affinity { BPF_AFFINITY_CONNECTION, BPF_AFFINITY_CLIENT, BPF_AFFINITY_NETWORK };

/* One is in effect: a change is written to the other one, which takes its place in one step. */
struct bpf_all_shares {
	__u32 active;
	__u32 unused;
	struct bpf_shares slots[2];
};

/* Key of `fragments`: struct fragments_key of core/fragments.h. */
struct bpf_fragment_key {
	__u8 source[16], destination[16];
	__u8 id[4];
	__u8 protocol;
	__u8 is_ipv6;
	__u8 unused[2];
};

/* Key of `begun`: struct flow_tuple of core/flow.h. */
struct bpf_begun_key {
	__u8 client[16], server[16];
	__u16 client_port, server_port; /* network byte order */
	__u8 is_ipv6;
	__u8 unused[3];
};

struct bpf_fragment {
	__u64 begun; /* CLOCK_MONOTONIC, ns */
	__u32 bucket;
	__u32 unused;
};

#define BPF_FRAGMENTS_MAX 4096
#define BPF_BEGUN_MAX     16384
#define BPF_FRAGMENTS_NS  30000000000ull

/* Where frames are sent, and with which MACs. The daemon may change all of it at any time, except
 * the node's own MACs. */
struct bpf_path {
	__u32 policy;   /* enum rule_policy */
	__u32 nic, tap; /* ifindex; 0: not available, frames for it go to the daemon */
	__u32 mtu;      /* the NIC's */
	__u32 is_in;    /* clusterarpd_in handles frames from the wire, not the packet sockets */
	__u32 is_ajar;  /* the shield passes everything: programs_set_ajar() */
	__u32 is_split; /* the second packet socket gets the frames of peers: programs_split() */
	__u32 unused;
	struct bpf_mac_key cluster, source;
	struct bpf_near near[BPF_NEAR_MAX];
};

#endif
