/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_cluster: the cluster as a node sees it, by the file alone: what the rules are asked with.
 *
 * A daemon knows more: the addresses that its host has beside the file, and whose share a bucket is
 * with shares = driven.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_CLUSTER_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_CLUSTER_H

#include "core/flow.h"
#include "core/peers.h"
#include "core/rewrite.h"
#include "core/shares/shares_table.h"

struct explain_cluster {
	const struct config *config; /* borrowed */
	struct peers *peers;
	struct shares_path *shares;      /* NULL: shares = none */
	struct fragments *fragments;     /* likewise */
	uint16_t owners[SHARES_BUCKETS]; /* shares = static: an index of the file's nodes, or
					  * SHARES_NOBODY */
};

/* `self`: a node of `config`. Both must outlive it. NULL: out of memory. */
struct explain_cluster *explain_cluster_create(struct config *config,
					       const struct config_node *self);
void explain_cluster_destroy(struct explain_cluster *cluster);

/* With shares = static: the node that owns the bucket, or NULL. */
const struct config_node *explain_cluster_owner(const struct explain_cluster *cluster,
						unsigned bucket);
/* What the rules are applied with; `ms`: the time of the frame, never backwards. */
struct rewrite explain_cluster_rewrite(const struct explain_cluster *cluster, uint64_t ms);

#endif
