/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shield: keeps the shield's two tc programs attached to the NIC, first in their hooks, whatever
 * other programs do to the NIC's qdiscs and filters (SPEC 5). Logs what it finds.
 */
#ifndef CLUSTERARPD_NIC_SHIELD_H
#define CLUSTERARPD_NIC_SHIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "bpf/hooks.h"
#include "io/netlink/netlink.h"

struct shield {
	struct netlink *netlink; /* borrowed and set by the owner, as the next three */
	struct hooks *hooks;
	const struct hook_programs *programs; /* to attach; not needed to detach */
	const char *interface;
	int ifindex; /* set by the owner when the NIC appears */
	bool broken; /* the shield is down and could not be attached */
	struct ratelimit lines;
	unsigned before; /* others' tcx programs that run before it, as of the last check */
};

/* Is the shield attached, and has clsact no other filters? That is the state after a crash. */
bool shield_left_behind(const struct shield *s);
/* Is it attached, also by an earlier run? */
bool shield_is_attached(const struct shield *s);
/* Does the NIC have a clsact qdisc already? 0, and *present is set; -EBUSY after a log line: it has
 * another qdisc in clsact's place, which the shield needs if the kernel has no tcx; or another
 * negative errno, logged. */
int shield_find_qdisc(const struct shield *s, bool *present);
/* Attach the programs that are not attached. 0, or a negative errno after a log line. */
int shield_up(struct shield *s);
/* Warn of other filters. */
void shield_warn_of_others(struct shield *s);
/* Qdiscs or filters changed: attach again what is missing or not first. `now`: monotonic
 * milliseconds; repeated changes are logged once a second at most. False: the shield cannot be
 * attached for now. */
bool shield_check(struct shield *s, uint64_t now);
/* Detach the programs; remove clsact too if `with_qdisc` and it has no other filters. */
void shield_down(struct shield *s, bool with_qdisc);

#endif
