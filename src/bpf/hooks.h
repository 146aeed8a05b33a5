/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks: attaches the tc programs to their hooks and detaches them: the shield's two on the NIC
 * (SPEC 5), and on the TAP that of the kernel data path (SPEC 9) and that of the shares (SPEC 11).
 * Uses libbpf.
 *
 * Functions that return int return 0 or a negative errno value; none of them logs. Those that
 * attach leave the reason of a failure in bpf_error_text().
 */
#ifndef CLUSTERARPD_BPF_HOOKS_H
#define CLUSTERARPD_BPF_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* Two hooks of the NIC, two of the TAP. */
enum hook { HOOK_INGRESS, HOOK_EGRESS, HOOK_TAP_EGRESS, HOOK_TAP_INGRESS, HOOKS };

/* The program for each hook. */
struct hooks {
	struct {
		int fd; /* borrowed */
		uint32_t id;
	} programs[HOOKS];
};

/* Use the program `fd`, which stays the caller's, for `hook`. */
int hooks_set(struct hooks *hooks, enum hook hook, int fd);

/* Attach the shield to a link: create clsact if it is missing, and attach both programs as the
 * first filter of their hook, with priority 1 and handles reserved for clusterarpd. A filter that
 * has one of these handles was left by an earlier run, and is replaced in one step. Idempotent: a
 * program that is attached already is left alone. Sets *changed if anything was changed.
 *
 * The caller must have made sure that the link has no `ingress` qdisc (see
 * netlink_tc_ingress_qdisc()): libbpf cannot tell it from clsact before a filter is attached. If an
 * `ingress` qdisc replaces clsact after that check, this function detects it and returns -EBUSY,
 * but its filter was attached there for a moment. The netlink events of that make the caller check
 * again.
 *
 * -EBUSY also if priority 1 is in use by filters of another kind or protocol than the shield's
 * (bpf, all); nothing is changed then. After any failure nothing of this call remains: no filter,
 * and no clsact unless another program uses it by then. (A filter of an earlier run that this call
 * has replaced stays replaced.) */
int hooks_attach_shield(const struct hooks *hooks, int ifindex, bool *changed);
/* A bpf filter that another program adds at priority 1 runs before the shield's. Call this when a
 * listing of a hook's filters (in the order in which they run) shows another filter before the
 * shield's: the shield's runs first again, under its other handle, and is attached all the time.
 * The kernel reports each call as changes (RTM_NEWTFILTER, RTM_DELTFILTER): do not call it because
 * of such an event alone, or the events never end. */
int hooks_shield_to_front(const struct hooks *hooks, int ifindex, enum hook hook);
/* Detach both programs, and nothing else. Success if they are not attached. */
int hooks_detach_shield(int ifindex);
/* Is a filter with this priority and handle one of the shield's? */
bool hooks_is_shield(unsigned priority, uint32_t handle);

/* Attach the kernel data path's program to the TAP's egress, as the last filter of that hook: the
 * operator's filters on the TAP run first, and frames for which they return a final verdict that
 * passes (TC_ACT_OK) go through the daemon. Otherwise like hooks_attach_shield(). */
int hooks_attach_tap(const struct hooks *hooks, int ifindex, bool *changed);
/* Detach it. Success if it is not attached. */
int hooks_detach_tap(int ifindex);

/* Attach the program that asks for the host's connections to the TAP's ingress, as its first
 * filter. Otherwise like hooks_attach_shield(). */
int hooks_attach_ask(const struct hooks *hooks, int ifindex, bool *changed);
/* Detach it. Success if it is not attached. */
int hooks_detach_ask(int ifindex);

/* The number of tcx programs on a link's ingress and egress, which run before clsact's filters; 0
 * if the kernel has no tcx; or a negative errno value. */
int hooks_tcx_count(int ifindex);

#endif
