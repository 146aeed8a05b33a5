/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel: loads and attaches the eBPF programs: the socket filter (I3) and the
 * shield (SPEC 5). By libbpf and the skeleton that bpftool makes of
 * src/bpf/clusterarpd.bpf.c.
 *
 * Functions that return int give 0 or a negative errno value; none of them logs,
 * but libbpf's own complaints go to the log at level debug (one stands ready in
 * kernel_error()).
 */
#ifndef CLUSTERARPD_IO_KERNEL_H
#define CLUSTERARPD_IO_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/rules.h"

struct kernel;

/* What the socket filter must know of an address. */
struct kernel_mac {
	struct mac mac;
	uint16_t roles; /* enum mac_role */
};

enum kernel_hook { KERNEL_INGRESS, KERNEL_EGRESS };

/* Load the programs into the kernel, with room for `macs` MACs, for twice as many
 * after a reload, and never less than 64; attaches nothing. Sets *out. -EPERM:
 * CAP_BPF, CAP_PERFMON or CAP_NET_ADMIN is missing. */
int kernel_load(size_t macs, struct kernel **out);
/* Frees what the process holds; attached tc programs stay attached. */
void kernel_unload(struct kernel *k);
/* What was wrong in the last kernel_load(), kernel_shield_attach() or
 * kernel_shield_to_front(), as libbpf or the kernel put it: one line, the first, for what
 * follows from it comes after; "" for none. It is the process's, as libbpf's log is, and
 * outlives a kernel_load() that failed. */
const char *kernel_error(void);

/* Tell the socket filter the cluster: every MAC that has a role, `policy` (enum
 * rule_policy) and the own dedicated addresses (for I1 with source_mac = cluster).
 * What was told before and is no longer named is forgotten; a MAC that is named twice
 * has the roles of both. -E2BIG: more than kernel_load() made room for. */
int kernel_configure(struct kernel *k, unsigned policy, const struct kernel_mac *macs,
		     size_t mac_count, const struct ip_addr *self, size_t self_count);

/* Put the filter on a packet socket (after kernel_configure(), before it is bound), and
 * let what this socket sends, and nothing else, pass the egress program. Before
 * kernel_shield_attach(): without an owner the shield lets nothing out. Other sockets
 * that send on the NIC get ENOBUFS. */
int kernel_own_socket(struct kernel *k, int packet_fd);

/* Frames that the filter dropped, by reason; adds to drops[DROP_REASONS]. */
int kernel_add_drops(const struct kernel *k, uint64_t *drops);

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
int kernel_shield_attach(struct kernel *k, int ifindex, bool *changed);
/* A bpf filter that someone adds at priority 1 comes before those that are there. Who
 * lists the filters of a hook (the order is that in which they are asked) and finds
 * one that is not ours before ours calls this: ours is first again, under another
 * handle, and at no moment was there no shield. Each call is a change that the kernel
 * reports (RTM_NEWTFILTER, RTM_DELTFILTER); call it for a listing, not for an event. */
int kernel_shield_to_front(struct kernel *k, int ifindex, enum kernel_hook hook);
/* Takes both programs out, and nothing else; fine when they are not there. */
int kernel_shield_detach(int ifindex);
/* Is a filter with this priority and handle ours? */
bool kernel_shield_is_ours(unsigned priority, uint32_t handle);

/* The number of tcx programs on a link's ingress and egress; 0 where the kernel
 * knows no tcx; or a negative errno value. They run before clsact. */
int kernel_tcx_count(int ifindex);

#endif
