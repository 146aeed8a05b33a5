/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcx: attaches a tc program by a link (Linux 6.6 and later). Used through hooks.h. Uses libbpf.
 *
 * A program that a link attaches runs before every filter, and no `tc qdisc del` or `tc filter del`
 * removes it. It is replaced in one step. The link lasts as long as a descriptor of it, or its
 * interface: the service manager keeps one (notify.h), so that the program goes on after the
 * daemon's process has ended, and the next one takes the link over.
 *
 * Functions that return int return 0 or a negative errno value, and leave the reason in
 * bpf_error_text(); none of them logs.
 */
#ifndef CLUSTERARPD_BPF_TCX_H
#define CLUSTERARPD_BPF_TCX_H

#include <stdbool.h>

#include "bpf/hook.h"

/* A link at one hook. */
struct tcx_link {
	int fd; /* -1: none */
	int ifindex;
};
#define TCX_NO_LINK ((struct tcx_link){ .fd = -1 })

/* Has the kernel tcx? Needs CAP_NET_ADMIN. */
bool tcx_is_available(void);

/* Have the hook's program attached to an interface, as the first program of that hook. Takes over
 * the link that an earlier run left with the service manager. A link to another interface, or to
 * one that was removed, is closed. Idempotent. Sets *changed if anything was changed. */
int tcx_attach(struct tcx_link *link, const struct hook_programs *programs, enum hook hook,
	       int ifindex, bool *changed);
/* Is the program attached to this interface, by this run or by an earlier one? */
bool tcx_is_attached(struct tcx_link *link, enum hook hook, int ifindex);
/* Detach it. Success if it is not attached. */
int tcx_detach(struct tcx_link *link, enum hook hook, int ifindex);
/* Close the descriptor. The link lasts if the service manager has it. */
void tcx_close(struct tcx_link *link);

/* How many programs others have attached at this hook of an interface, and how many of those run
 * before that of `link`, which is taken over as by tcx_attach(). */
struct tcx_others {
	unsigned all, before;
};
int tcx_find_others(struct tcx_link *link, enum hook hook, int ifindex, struct tcx_others *others);

#endif
