/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks: the tc programs, attached to their hooks and detached: the two of the shield on the NIC
 * (SPEC 5), that of the kernel data path on the TAP (SPEC 9). By libbpf.
 *
 * Functions that return int give 0 or a negative errno value; none of them logs. Those that attach
 * leave the reason of a failure in bpf_error_text().
 */
#ifndef CLUSTERARPD_BPF_HOOKS_H
#define CLUSTERARPD_BPF_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* Two of the NIC, one of the TAP. */
enum hook { HOOK_INGRESS, HOOK_EGRESS, HOOK_TAP_EGRESS, HOOKS };

/* Which program belongs to each hook. */
struct hooks {
	struct {
		int fd; /* borrowed */
		uint32_t id;
	} programs[HOOKS];
};

/* The program `fd`, which stays the caller's, belongs to `hook`. */
int hooks_set(struct hooks *hooks, enum hook hook, int fd);

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
int hooks_attach_shield(const struct hooks *hooks, int ifindex, bool *changed);
/* A bpf filter that someone adds at priority 1 comes before those that are there. Who
 * lists the filters of a hook (the order is that in which they are asked) and finds
 * one that is not ours before ours calls this: ours is first again, under another
 * handle, and at no moment was there no shield. Each call is a change that the kernel
 * reports (RTM_NEWTFILTER, RTM_DELTFILTER); call it for a listing, not for an event. */
int hooks_shield_to_front(const struct hooks *hooks, int ifindex, enum hook hook);
/* Takes both programs out, and nothing else; fine when they are not there. */
int hooks_detach_shield(int ifindex);
/* Is a filter with this priority and handle ours? */
bool hooks_is_shield(unsigned priority, uint32_t handle);

/* The kernel data path's program on the TAP's egress, the last of that hook: the operator's
 * filters on the TAP come first, and what they accept for good takes the way by the daemon.
 * Otherwise as hooks_attach_shield(). */
int hooks_attach_tap(const struct hooks *hooks, int ifindex, bool *changed);
/* Takes it out; fine when it is not there. */
int hooks_detach_tap(int ifindex);

/* The number of tcx programs on a link's ingress and egress; 0 where the kernel
 * knows no tcx; or a negative errno value. They run before clsact. */
int hooks_tcx_count(int ifindex);

#endif
