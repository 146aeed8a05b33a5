/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs: the eBPF programs, loaded and told of the cluster: the socket filter (I3), the shield
 * (SPEC 5) and the kernel data path (SPEC 9). By libbpf and the skeleton that bpftool makes of
 * src/bpf/clusterarpd.bpf.c.
 *
 * Functions that return int give 0 or a negative errno value; none of them logs. programs_load()
 * leaves the reason of a failure in bpf_error_text().
 */
#ifndef CLUSTERARPD_BPF_PROGRAMS_H
#define CLUSTERARPD_BPF_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "bpf/hooks.h"
#include "bpf/layout.h"
#include "bpf/ring.h"
#include "core/rules.h"

struct programs;

/* What the programs must know of a MAC and of an IP address. `peer`: index of its counters,
 * below the `peers` of programs_load(); 0: none. */
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
	const struct mac *cluster, *source; /* MAC of the cluster, own wire source MAC */
	struct programs_mac *macs;          /* each once */
	size_t mac_count;
	struct programs_ip *ips; /* likewise */
	size_t ip_count;
};

/* Load the programs into the kernel, those of the kernel data path too if `forwards`;
 * attaches nothing. With room for `macs` MACs, `ips` addresses and counters of `peers` peers,
 * and for twice as many of each after a reload. `ring`: ring_fd() of an earlier run, to
 * go on with what has come there since, or -1; stays the caller's. Sets *out. -EPERM: CAP_BPF,
 * CAP_PERFMON or CAP_NET_ADMIN is missing. */
struct programs_room {
	size_t macs, ips, peers;
};
int programs_load(const struct programs_room *room, bool forwards, int ring, struct programs **out);
/* Frees what the process holds; attached tc programs stay attached. */
void programs_unload(struct programs *k);
/* Tell the programs the cluster. What was told before and is no longer named is forgotten;
 * what is in both is there all the time. -E2BIG: more than programs_load() made room for. */
int programs_configure(struct programs *k, const struct programs_cluster *cluster);
/* Where the kernel data path leads, at once. */
struct programs_path {
	unsigned nic, tap; /* ifindex; 0: what would go there goes to the daemon */
	unsigned mtu;      /* the NIC's */
	bool is_in; /* the program at the NIC's ingress is in its place; not: the packet socket
		     * is to hear all */
};
void programs_set_path(struct programs *k, const struct programs_path *path);

/* The index of the first peer's counters, and how many there are. */
#define PROGRAMS_PEER_FIRST 1
uint32_t programs_peers(const struct programs *k);

/* Which of them belong to the tc hooks. */
const struct hooks *programs_hooks(const struct programs *k);
/* By which the kernel data path hands frames to the daemon; NULL on the user data path. */
struct ring *programs_ring(const struct programs *k);
/* The skeleton, for tests that run the programs themselves. */
struct clusterarpd_bpf *programs_skeleton(const struct programs *k);

/* Put the filter on a packet socket (after programs_configure(), before it is bound), and
 * let what this socket sends, and nothing else, pass the egress program. Before
 * hooks_attach_shield(): without an owner the shield lets nothing out. Other sockets
 * that send on the NIC get ENOBUFS. */
int programs_own_socket(struct programs *k, int packet_fd);

/* What the programs have counted, on all CPUs. */
int programs_counts(const struct programs *k, struct bpf_counts *counts);
int programs_peer_counts(const struct programs *k, uint32_t peer, struct bpf_peer_counts *counts);

#endif
