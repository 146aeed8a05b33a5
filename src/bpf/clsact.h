/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clsact: attaches the tc programs as filters of a link's clsact qdisc. Used through hooks.h, where
 * the kernel has no tcx (before Linux 6.6), and at the TAP's egress behind the operator's filters.
 * Uses libbpf.
 *
 * Functions that return int return 0 or a negative errno value; none of them logs. Those that
 * attach leave the reason of a failure in bpf_error_text().
 */
#ifndef CLUSTERARPD_BPF_CLSACT_H
#define CLUSTERARPD_BPF_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/hook.h"

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
int clsact_attach_shield(const struct hook_programs *programs, int ifindex, bool *changed);
/* A bpf filter that another program adds at priority 1 runs before the shield's. Call this when a
 * listing of a hook's filters (in the order in which they run) shows another filter before the
 * shield's: the shield's runs first again, under its other handle, and is attached all the time.
 * The kernel reports each call as changes (RTM_NEWTFILTER, RTM_DELTFILTER): do not call it because
 * of such an event alone, or the events never end. */
int clsact_shield_to_front(const struct hook_programs *programs, int ifindex, enum hook hook);
/* Is a filter with this priority and handle the one at this hook? */
bool clsact_is_ours(enum hook hook, unsigned priority, uint32_t handle);

/* Attach the kernel data path's program to the TAP's egress, as the last filter of that hook: the
 * operator's filters on the TAP run first, and frames for which they return a final verdict that
 * passes (TC_ACT_OK) go through the daemon. Otherwise like clsact_attach_shield(). */
int clsact_attach_tap(const struct hook_programs *programs, int ifindex, bool *changed);
/* Attach the program that asks for the host's connections to the TAP's ingress, as its first
 * filter. Otherwise like clsact_attach_shield(). */
int clsact_attach_ask(const struct hook_programs *programs, int ifindex, bool *changed);

/* Detach the program of one hook, whichever of its handles it has. Success if it is not attached.
 */
int clsact_detach(int ifindex, enum hook hook);

#endif
