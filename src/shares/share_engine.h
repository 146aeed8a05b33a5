/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share_engine: the engine of the shares (core/shares/shares.h), made for a configuration, and what
 * it needs of that: names, weights, and what a bucket is.
 */
#ifndef CLUSTERARPD_SHARES_SHARE_ENGINE_H
#define CLUSTERARPD_SHARES_SHARE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/flow.h"
#include "core/peers.h"
#include "core/shares/shares.h"

struct share_engine {
	enum config_shares mode;
	enum config_affinity affinity;
	struct shares_key key; /* from the cluster MAC: new addresses move no connections */
	uint64_t fingerprint;  /* of all that the owners depend on, beside the orders */
	size_t count, self;
	char **names;     /* of each node of the file */
	uint8_t *weights; /* likewise */
	struct shares_table *table;
	struct shares *shares; /* NULL: shares = none */
};

/* It owes nothing to `peers` afterwards. NULL: out of memory. */
struct share_engine *share_engine_create(const struct peers *peers);
/* NULL is allowed. */
void share_engine_destroy(struct share_engine *e);
/* The node's index; e->count: there is none of this name. */
size_t share_engine_find(const struct share_engine *e, const char *name);

/* What the data path is to do now. With shares = none it does not look at it; that it would take
 * everything is for the moment in which a reload has changed the mode, but not this yet. */
void share_engine_decide(const struct share_engine *e, uint64_t now, struct shares_path *out);

/* Write what another run goes on from. False: not everything could be written. */
bool share_engine_save(const struct share_engine *e, uint64_t now, FILE *out);
/* Go on from there, as shares_saved_read(); -EXDEV: there the shares were made in another way, so
 * that the past of its buckets is none of these. On failure nothing has changed. */
int share_engine_restore(struct share_engine *e, uint64_t lease, uint64_t now, FILE *in);
/* Go on from another engine, in memory. The same errors. */
int share_engine_take_over(struct share_engine *e, const struct share_engine *from, uint64_t now);

/* shares = static: the order of the file, in effect at once. `is_first`: no node has had a share
 * before, so that there are no connections to mind. False: out of memory, nothing has changed. */
bool share_engine_order_file(struct share_engine *e, bool is_first, uint64_t now);
/* Does the present order say what the file says? */
bool share_engine_is_of_file(const struct share_engine *e);

#endif
