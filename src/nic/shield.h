/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shield: keeps the two tc programs on the NIC, first in their hooks, whatever others do
 * to its qdiscs and filters (SPEC 5). Logs what it finds.
 */
#ifndef CLUSTERARPD_NIC_SHIELD_H
#define CLUSTERARPD_NIC_SHIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "bpf/hooks.h"
#include "io/netlink/netlink.h"

struct shield {
	struct netlink *netlink; /* these three are borrowed, and set by the owner */
	const struct hooks *hooks;
	const char *interface;
	int ifindex; /* set by the owner, as the NIC comes */
	bool broken; /* it is down and could not be put up */
	struct ratelimit lines;
};

/* Do the hooks hold programs of ours, and nobody else's filters? So it looks after a
 * crash. */
bool shield_left_behind(const struct shield *s);
/* Is there a clsact qdisc already? 0; -EBUSY after a log line: another stands in its
 * place; or another negative errno, logged. */
int shield_find_qdisc(const struct shield *s, bool *present);
/* Put it up, where it is not. 0, or a negative errno after a log line. */
int shield_up(struct shield *s);
/* Name the filters and tcx programs of others. */
void shield_warn_of_others(struct shield *s);
/* Somebody changed something: put right what is not. `now`: monotonic milliseconds; who
 * changes it over and over gets a line a second. False: it cannot be put up for now. */
bool shield_check(struct shield *s, uint64_t now);
/* Take it down, and clsact too if `with_qdisc` and nobody else uses it. */
void shield_down(struct shield *s, bool with_qdisc);

#endif
