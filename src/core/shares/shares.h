/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares: which buckets this node takes, in agreement with the other nodes (SPEC 11). An engine:
 * events and the time come in, decisions come out; it has no clock and no socket.
 *
 * A driver tells every node the same orders, in the same sequence: epoch, present nodes, weights.
 * Every node computes the same table of owners from them. On an order a node
 *
 *  - stops at once to take new connections in the buckets that it does not own any more, and says
 *    that it has (a release);
 *  - takes a bucket that it owns now when no other node can still be taking it: each node that may
 *    have, as far as this one knows, has released this epoch, has left, or is dead.
 *
 * New connections are taken only until the lease has run out. So the nodes never take a bucket
 * twice, provided that the driver keeps its part:
 *
 *  1. The epoch grows by one with each order, and every node gets them in this sequence. A node
 *     that has missed one, or has none yet, holds nothing: it waits for the releases of all others.
 *     Epoch 1 is the first order of all: no node has had a bucket before it, unless
 *     shares_assume_past() says so.
 *  2. The order names a node as dead, or leaves it out, only when its lease has run out or it has
 *     released everything.
 *
 * Connections outlive a move. The former owner goes on serving those that it has (SHARES_ASKS), and
 * the new owner does not answer segments of connections that it does not know while a living node
 * may have them (SHARES_CAUTIOUS).
 */
#ifndef CLUSTERARPD_CORE_SHARES_SHARES_H
#define CLUSTERARPD_CORE_SHARES_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rules.h"
#include "core/shares/shares_table.h"

/* The order about one node. */
enum shares_presence {
	SHARES_LEFT, /* does not take part, and has released everything */
	SHARES_PRESENT,
	SHARES_DEAD, /* has stopped: no connections of it are left */
};

struct shares_order {
	uint64_t epoch;                       /* from 1 */
	const enum shares_presence *presence; /* of each node of the file */
	const uint8_t *weights;               /* likewise; 0: drained. Ignored unless present */
	uint64_t lease;                       /* ms: new connections are taken until then */
};

/* Time without end, for a lease. */
#define SHARES_FOREVER UINT64_MAX

struct shares;

/* `table` is borrowed; `count` nodes, of which this one is `self`. `grace`: ms for which
 * SHARES_CAUTIOUS goes on, unless shares_still_asks(). Until the first order it takes what it has a
 * connection for, in all buckets, and drops the rest for the want of a lease. NULL: no memory. */
struct shares *shares_create(const struct shares_table *table, size_t count, size_t self,
			     uint64_t grace);
void shares_destroy(struct shares *s);

/* Before the first order: any other node may have connections in any bucket, even if that order has
 * epoch 1. For when what a bucket is has changed, or who has given them out. */
void shares_assume_past(struct shares *s, uint64_t now);

/* An order, or the same one again with a new lease. 0: from now on this node has released the
 * order's epoch, and has to say so to all others. -ESTALE: the epoch is older than the present one.
 * -EEXIST: it is the present one, but the order is another. -EINVAL: epoch 0. -ENOMEM: nothing has
 * changed. `now` in ms, here and below, from any start, never backwards. */
int shares_set(struct shares *s, const struct shares_order *order, uint64_t now);
/* Another node says that it has released `epoch`. In any order, and more than once. False: it was
 * known. */
bool shares_released(struct shares *s, size_t node, uint64_t epoch);
/* Another node says that it still serves connections of buckets that it has given up: of those that
 * it may have connections in, `grace` begins anew. Not more often than every 60th of it: false,
 * nothing has changed. */
bool shares_still_asks(struct shares *s, size_t node, uint64_t now);
/* The buckets in which this node has connections, a bit per bucket (bit b % 8 of byte b / 8): it
 * stops asking in the others. */
void shares_connections(struct shares *s, const uint8_t has[SHARES_BUCKETS / 8]);

/* Into decisions[]: enum shares_decision of each bucket. After the lease has run out, what has
 * SHARES_TAKES has SHARES_ASKS, too. */
void shares_decide(const struct shares *s, uint64_t now, uint8_t decisions[SHARES_BUCKETS]);
/* When the decisions change next without an event, the end of the lease included: ms;
 * SHARES_FOREVER: never. */
uint64_t shares_deadline(const struct shares *s, uint64_t now);

/* The present epoch; 0: there was no order yet. */
uint64_t shares_epoch(const struct shares *s);
/* Until when new connections are taken: ms; 0: there was no order yet. */
uint64_t shares_lease(const struct shares *s);
/* The owner of a bucket by the present table: SHARES_NOBODY before the first order. */
uint16_t shares_owner(const struct shares *s, size_t bucket);
/* What the present order says about a node; SHARES_LEFT and weight 0 before the first. */
enum shares_presence shares_presence(const struct shares *s, size_t node);
uint8_t shares_weight(const struct shares *s, size_t node);

/* How many buckets a node owns. */
size_t shares_owned(const struct shares *s, size_t node);
/* How many buckets this node owns, but waits for. */
size_t shares_waiting(const struct shares *s);
/* In how many buckets this node asks, and does not take anything else. Only these need
 * shares_connections(). 0 before the first order. */
size_t shares_asking(const struct shares *s);
/* May another node have connections in buckets that it does not own any more? */
bool shares_lingers(const struct shares *s, size_t node, uint64_t now);

#endif
