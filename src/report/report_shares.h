/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_shares: which share of the clients each node has (SPEC 11), as JSON and for Prometheus.
 */
#ifndef CLUSTERARPD_REPORT_REPORT_SHARES_H
#define CLUSTERARPD_REPORT_REPORT_SHARES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config/config.h"

enum share_state {
	SHARE_ACTIVE,
	SHARE_DRAINING, /* takes no new connection, and may have some */
	SHARE_DRAINED,
	SHARE_GONE,
	SHARE_NO_LEASE, /* this node alone: it has a share, but takes no new connection */
};

#define REPORT_SHARES_FOREVER     (-1)
#define REPORT_SHARES_NO_WISH     (-1)
#define REPORT_SHARES_NOT_COUNTED (-1)

/* Of one node. */
struct report_share {
	enum share_state state;
	unsigned weight;
	unsigned owned;   /* buckets */
	long connections; /* established, to cluster addresses; or REPORT_SHARES_NOT_COUNTED */
};

/* Borrowed for the call. */
struct report_shares {
	enum config_shares mode;
	enum config_affinity affinity;
	uint64_t fingerprint; /* of what must be the same in the files of all nodes */
	const char *source;   /* "file" or "order"; NULL: there was no order yet */
	uint64_t epoch;
	int64_t lease_ms; /* what is left of it; 0: none; or REPORT_SHARES_FOREVER */
	unsigned unowned; /* buckets that this node owns, and waits for */
	unsigned asking;  /* buckets of others, where it serves the connections that it has */
	int wish;         /* the weight that this node asks for, or REPORT_SHARES_NO_WISH */
	const struct report_share *nodes; /* of each node of the file, in file order */
	size_t count;
};

/* As SPEC 11 spells it: "active", "no_lease". */
const char *report_share_state_name(enum share_state state);

/* The answer to `shares`, one line from malloc(); NULL: out of memory. `shares` NULL, here and
 * below: shares = none. `c`: the configuration whose nodes `shares` has; `self`: this node in it.
 */
char *report_shares_answer(const struct report_shares *shares, const struct config *c,
			   const struct config_node *self);
/* Of a node of `c`, for the answer to `peers`; NULL: shares = none, or out of memory. */
json_t *report_share_json(const struct report_shares *shares, const struct config *c,
			  const struct config_node *node);
/* Write the metrics; nothing with shares = none. */
void report_shares_metrics(FILE *out, const struct report_shares *shares, const struct config *c,
			   const struct config_node *self);

#endif
