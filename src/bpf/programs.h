/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs: loads the eBPF programs and writes the cluster into their maps: the socket filters
 * (I3), the shield (SPEC 5) and the kernel data path (SPEC 9). Uses libbpf and the skeleton that
 * bpftool generates from src/bpf/clusterarpd.bpf.c.
 *
 * Functions that return int return 0 or a negative errno value; none of them logs.
 * programs_load() leaves the reason of a failure in bpf_error_text().
 */
#ifndef CLUSTERARPD_BPF_PROGRAMS_H
#define CLUSTERARPD_BPF_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "bpf/hooks.h"
#include "bpf/layout.h"
#include "bpf/observe.h"
#include "bpf/ring.h"
#include "core/flow.h"
#include "core/rules.h"

struct programs;

/* A MAC and an IP address with their roles for this node. `peer`: the index of the peer's counters,
 * PROGRAMS_PEER_FIRST to programs_peers(); 0: none. */
struct programs_mac {
	struct mac mac;
	uint16_t roles; /* enum mac_role */
	uint32_t peer;
};
struct programs_ip {
	struct ip_addr ip;
	uint16_t roles; /* enum ip_role */
	uint32_t peer;
};

/* The cluster as this node sees it. Borrowed. */
struct programs_cluster {
	unsigned policy;                    /* enum rule_policy */
	const struct mac *cluster, *source; /* cluster MAC, own wire source MAC */
	struct programs_mac *macs;          /* without duplicates */
	size_t mac_count;
	struct programs_ip *ips; /* likewise */
	size_t ip_count;
};

/* Load the programs into the kernel, with those of the kernel data path if `forwards`; attaches
 * nothing. `room`: how many MACs, IP addresses and peers there are; a reload may double each, or
 * add 1024 nodes.
 * `ring`: ring_fd() of an earlier run, whose waiting frames are to be read, or -1; stays the
 * caller's. Sets *out. -EPERM: CAP_BPF, CAP_PERFMON or CAP_NET_ADMIN is missing. */
struct programs_room {
	size_t macs, ips, peers;
};
int programs_load(const struct programs_room *room, bool forwards, int ring, struct programs **out);
/* Free what the process holds; attached tc programs stay attached. */
void programs_unload(struct programs *k);
/* Is there room for so many of each? */
bool programs_have_room(const struct programs *k, const struct programs_room *wanted);
/* Write the cluster into the maps. Entries that it no longer has are removed; entries that it had
 * before and still has are never missing. -E2BIG: programs_have_room() is false. */
int programs_configure(struct programs *k, const struct programs_cluster *cluster);
/* Set where the kernel data path sends frames. Takes effect at once. */
struct programs_path {
	unsigned nic, tap; /* ifindex; 0: not available, frames for it go to the daemon */
	unsigned mtu;      /* the NIC's */
	bool is_in; /* the program at the NIC's ingress is attached; false: the packet sockets are
		     * to receive all frames */
};
void programs_set_path(struct programs *k, const struct programs_path *path);
/* Let the shield pass everything, or (at first, and else) what it is to pass. Takes effect at once,
 * where the kernel takes up to 20 ms to attach or detach each program. */
void programs_set_ajar(struct programs *k, bool is_ajar);

/* Set the shares. Takes effect at once and as a whole. */
void programs_set_shares(struct programs *k, const struct shares_path *shares);

/* This host has the connection, though it ends in no socket here: clusterarpd_ask is to pass it. Of
 * BPF_BEGUN_MAX such connections the one that was silent longest makes room. */
void programs_keep(struct programs *k, const struct flow_tuple *connection);

/* The index of the first peer's counters, and for how many peers there are counters. */
#define PROGRAMS_PEER_FIRST 1
uint32_t programs_peers(const struct programs *k);

/* Load the programs that show frames to a capture, and make programs_hooks() those. Only on the
 * kernel data path; at most one at a time. 0, or a negative errno with bpf_error_text(). */
int programs_observe(struct programs *k, unsigned snaplen);
/* Make programs_hooks() the plain ones again: to be attached before the others are unloaded. */
int programs_end_observing(struct programs *k);
void programs_unload_observing(struct programs *k);
/* NULL: they are not loaded. */
struct observe *programs_observed(const struct programs *k);

/* The programs for the tc hooks. */
const struct hook_programs *programs_hooks(const struct programs *k);
/* The ring that passes frames to the daemon on the kernel data path; NULL on the user data path. */
struct ring *programs_ring(const struct programs *k);
/* The skeleton, for tests that run the programs themselves. */
struct clusterarpd_bpf *programs_skeleton(const struct programs *k);

/* Attach the socket filter to a packet socket, and make the egress program pass what this socket
 * sends, and nothing else. Call it after programs_configure() and before the socket is bound, and
 * before hooks_attach_shield(): without such a socket the shield passes nothing at egress. Other
 * packet sockets that send through the NIC get ENOBUFS; but with ARP they are not told. */
int programs_own_socket(struct programs *k, int packet_fd);
/* Attach the filter of the second packet socket, which is to receive the frames of peers and never
 * sends. Call it before that socket is bound. */
int programs_add_socket(struct programs *k, int packet_fd);
/* Have the second packet socket receive the frames of peers; or, at first, the first one all
 * frames. Takes effect at once, but for a frame that is between the two filters, which both may
 * receive. True only while both are bound. */
void programs_split(struct programs *k, bool is_split);

/* The programs' counters, summed over all CPUs. */
int programs_counts(const struct programs *k, struct bpf_counts *counts);
int programs_peer_counts(const struct programs *k, uint32_t peer, struct bpf_peer_counts *counts);

#endif
