/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks: attaches the tc programs to their hooks and detaches them: the shield's two on the NIC
 * (SPEC 5), and on the TAP that of the kernel data path (SPEC 9) and that of the shares (SPEC 11).
 * By links where the kernel has tcx (tcx.h), else by filters of clsact (clsact.h).
 *
 * Functions that return int return 0 or a negative errno value; none of them logs. Those that
 * attach leave the reason of a failure in bpf_error_text(). They are idempotent, and set *changed
 * if anything was changed. Those that detach succeed if nothing is attached; they also detach what
 * an earlier run has left, with the service manager (links) or on the interface (filters).
 */
#ifndef CLUSTERARPD_BPF_HOOKS_H
#define CLUSTERARPD_BPF_HOOKS_H

#include <stdbool.h>

#include "bpf/hook.h"

struct hooks;

/* Finds out whether the kernel has tcx. NULL: no memory. */
struct hooks *hooks_create(void);
/* Detaches nothing: the links last if the service manager has them, filters in any case. */
void hooks_destroy(struct hooks *hooks);
bool hooks_use_links(const struct hooks *hooks);

/* Use the program `fd`, which stays the caller's, for `hook`. */
int hooks_set_program(struct hook_programs *programs, enum hook hook, int fd);

/* Attach the shield to the NIC. A filter: as clsact_attach_shield(), with what the caller must have
 * checked, and its -EBUSY. A link: nothing need be checked. */
int hooks_attach_shield(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
			bool *changed);
int hooks_detach_shield(struct hooks *hooks, int ifindex);
/* Is it attached by a link? */
bool hooks_have_shield(struct hooks *hooks, int ifindex);

/* Attach the kernel data path's program to the TAP's egress, so that it runs last: by a link, which
 * runs before all filters, or, if the operator has filters there (`is_filtered`) or tcx programs,
 * by a filter, as clsact_attach_tap(). The one replaces the other without a gap. */
int hooks_attach_tap(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
		     bool is_filtered, bool *changed);
int hooks_detach_tap(struct hooks *hooks, int ifindex);

/* Attach the program that asks for the host's connections to the TAP's ingress, first. */
int hooks_attach_ask(struct hooks *hooks, const struct hook_programs *programs, int ifindex,
		     bool *changed);
int hooks_detach_ask(struct hooks *hooks, int ifindex);

/* The number of others' tcx programs on the NIC that run before the shield's; 0 if the kernel has
 * no tcx. */
unsigned hooks_count_before(struct hooks *hooks, int ifindex);

#endif
