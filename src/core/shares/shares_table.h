/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares_table: which node owns each bucket (SPEC 11): a pure function of the file's nodes and
 * their present weights, equal on every node and every machine.
 *
 * It is rendezvous hashing with capacities. Every pair of node and bucket has a cost, drawn at
 * random from the node's name and the bucket; of the nodes that take part, the one with the least
 * cost, divided by its weight, owns the bucket. Then a change of nodes or weights moves only what
 * must move. Chance alone would leave some nodes with up to a fourth more than their share: so what
 * a node has above its share (the capacity) goes to nodes below theirs, where it costs the least.
 * These corrections depend on all nodes, and are what may move beside what must. To have few of
 * them, the costs are corrected once for the weights of the file, which are what mostly holds.
 */
#ifndef CLUSTERARPD_CORE_SHARES_SHARES_TABLE_H
#define CLUSTERARPD_CORE_SHARES_SHARES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/shares_hash.h"

#define SHARES_WEIGHT_MAX 100
#define SHARES_NOBODY     UINT16_MAX

struct shares_table;

/* The nodes of the file, by their index: names, and the weights of the file, 0 to
 * SHARES_WEIGHT_MAX. The names are not kept. NULL: no memory. */
struct shares_table *shares_table_create(const char *const *names, const uint8_t *weights,
					 size_t count);
void shares_table_destroy(struct shares_table *t);

/* The owner of each bucket, an index of the nodes, where the nodes have these weights; 0: the node
 * does not take part. SHARES_NOBODY for all buckets if no node takes part. Each node's number of
 * buckets is within one of SHARES_BUCKETS times its part of the weights. False: no memory, *owners
 * is undefined. */
bool shares_table_fill(const struct shares_table *t, const uint8_t *weights,
		       uint16_t owners[SHARES_BUCKETS]);

#endif
