/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares_inside: what is inside the engine behind the shares, for shares and shares_saved alone. */
#ifndef CLUSTERARPD_CORE_SHARES_SHARES_INSIDE_H
#define CLUSTERARPD_CORE_SHARES_SHARES_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/shares/shares_table.h"

/* What this node knows about another one. */
struct other {
	bool may_hold[SHARES_BUCKETS]; /* may be taking the bucket */
	/* ms + 1: since then the bucket has not been this node's; 0: it never was. Until the end of
	 * `grace` it may have connections there. */
	uint64_t lost[SHARES_BUCKETS];
	uint64_t released; /* the epoch that it released last */
};

struct shares {
	const struct shares_table *table;
	size_t count, self;
	uint64_t grace, epoch, lease;
	uint8_t *presence; /* of each node: enum shares_presence */
	uint8_t *weights;
	struct other *others; /* of each node; that of this one is not used */
	uint16_t owners[SHARES_BUCKETS];
	bool takes[SHARES_BUCKETS], asks[SHARES_BUCKETS];
};

/* May the node, which lives, have connections in the bucket, which it has had once? */
static inline bool shares_may_have_connections(const struct shares *s, size_t node, size_t bucket,
					       uint64_t now)
{
	uint64_t lost = s->others[node].lost[bucket];

	return lost && now < lost - 1 + s->grace;
}

#endif
