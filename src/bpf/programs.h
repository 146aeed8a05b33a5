/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs: loads and attaches the eBPF programs: the socket filter (I3), the shield (SPEC 5)
 * and the kernel data path (SPEC 9). By libbpf and the skeleton that bpftool makes of
 * src/bpf/clusterarpd.bpf.c.
 *
 * Functions that return int give 0 or a negative errno value; none of them logs,
 * but libbpf's own complaints go to the log at level debug (one stands ready in
 * complaints_first()).
 */
#ifndef CLUSTERARPD_BPF_PROGRAMS_H
#define CLUSTERARPD_BPF_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/layout.h"
#include "base/addr.h"
#include "core/rules.h"
#include "io/packet.h"

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

/* Of the NIC; of the TAP. */
enum programs_hook { HOOK_INGRESS, HOOK_EGRESS, HOOK_TAP_EGRESS };

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
/* What was wrong in the last programs_load(), hooks_attach_shield(),
 * hooks_shield_to_front() or hooks_attach_tap(), as libbpf or the kernel put it: one line, the
 * first, for what follows from it comes after; "" for none. It is the process's, as libbpf's log
 * is, and outlives a programs_load() that failed. */
const char *complaints_first(void);

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

/* Where the kernel data path puts the frames from the wire that are the daemon's (ARP,
 * Neighbour Discovery, echoes, and while there is no TAP all): readable when there are some; -1:
 * there is no such path. */
int ring_fd(const struct programs *k);
/* As packet_socket_receive(): up to `most` of them. 0: none. What found no room there is in
 * programs_counts(), as DROP_KERNEL_RING. */
int ring_receive(struct programs *k, struct packet *packets, unsigned most, bool *more);

/* Those that wait there are of no use any more. */
void ring_discard(struct programs *k);

/* Put the filter on a packet socket (after programs_configure(), before it is bound), and
 * let what this socket sends, and nothing else, pass the egress program. Before
 * hooks_attach_shield(): without an owner the shield lets nothing out. Other sockets
 * that send on the NIC get ENOBUFS. */
int programs_own_socket(struct programs *k, int packet_fd);

/* What the programs have counted, on all CPUs. */
int programs_counts(const struct programs *k, struct bpf_counts *counts);
int programs_peer_counts(const struct programs *k, uint32_t peer, struct bpf_peer_counts *counts);

/* The shield on a link. Attach creates clsact where it is missing and puts both
 * programs in, first in their hook: priority 1 and handles of their own. Whatever holds
 * a handle of ours is what an earlier run left, and is replaced in one step. Idempotent:
 * what is in place already is left alone. Sets *changed when anything had to be done.
 *
 * The caller has made sure that the link has no `ingress` qdisc, by a look at its kind
 * (netlink_tc_ingress_qdisc()): that cannot be told from here without trying. Should one
 * take clsact's place after that look, it is noticed and gives -EBUSY, but the filter
 * has been in it for a moment. The events of that make the caller look again.
 *
 * -EBUSY otherwise: filters of another kind or protocol than ours (bpf, all) have
 * priority 1; this is found out before anything is changed. After whatever failure
 * nothing of this call is left: neither a filter, nor clsact unless somebody has begun
 * to use it. (What an earlier run left and this call has replaced stays replaced.) */
int hooks_attach_shield(struct programs *k, int ifindex, bool *changed);
/* A bpf filter that someone adds at priority 1 comes before those that are there. Who
 * lists the filters of a hook (the order is that in which they are asked) and finds
 * one that is not ours before ours calls this: ours is first again, under another
 * handle, and at no moment was there no shield. Each call is a change that the kernel
 * reports (RTM_NEWTFILTER, RTM_DELTFILTER); call it for a listing, not for an event. */
int hooks_shield_to_front(struct programs *k, int ifindex, enum programs_hook hook);
/* Takes both programs out, and nothing else; fine when they are not there. */
int hooks_detach_shield(int ifindex);
/* Is a filter with this priority and handle ours? */
bool hooks_is_shield(unsigned priority, uint32_t handle);

/* The kernel data path's program on the TAP's egress, the last of that hook: the operator's
 * filters on the TAP come first, and what they accept for good takes the way by the daemon.
 * Otherwise as hooks_attach_shield(). */
int hooks_attach_tap(struct programs *k, int ifindex, bool *changed);
/* Takes it out; fine when it is not there. */
int hooks_detach_tap(int ifindex);

/* The number of tcx programs on a link's ingress and egress; 0 where the kernel
 * knows no tcx; or a negative errno value. They run before clsact. */
int hooks_tcx_count(int ifindex);

#endif
