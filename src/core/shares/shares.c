/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares: the engine behind the shares; see shares.h. */
#include "core/shares/shares.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/shares/shares_inside.h"

/* The parts of `grace`: what is renewed more often would be saved for little. */
#define GRACE_STEPS 60

/* --- life --- */

struct shares *shares_create(const struct shares_table *table, size_t count, size_t self,
			     uint64_t grace)
{
	struct shares *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	memset(s->asks, true, sizeof(s->asks));
	s->table = table;
	s->count = count;
	s->self = self;
	s->grace = grace;
	s->presence = calloc(count, sizeof(*s->presence));
	s->weights = calloc(count, sizeof(*s->weights));
	s->others = calloc(count, sizeof(*s->others));
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		s->owners[b] = SHARES_NOBODY;
	if (s->presence && s->weights && s->others)
		return s;
	shares_destroy(s);
	return NULL;
}

void shares_destroy(struct shares *s)
{
	if (!s)
		return;
	free(s->presence);
	free(s->weights);
	free(s->others);
	free(s);
}

/* --- orders --- */

static uint8_t weight_of(const struct shares_order *order, size_t node)
{
	return order->presence[node] == SHARES_PRESENT ? order->weights[node] : 0;
}

static bool is_same(const struct shares *s, const struct shares_order *order)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->weights[i] != weight_of(order, i) ||
		    (s->presence[i] == SHARES_PRESENT) != (order->presence[i] == SHARES_PRESENT))
			return false;
	return true;
}

/* This node has no history that connects to the order: it holds nothing, it may have connections in
 * any bucket, and any other node may hold it. */
static void forget(struct shares *s)
{
	memset(s->takes, 0, sizeof(s->takes));
	memset(s->asks, true, sizeof(s->asks));
	for (size_t i = 0; i < s->count; i++)
		memset(s->others[i].may_hold, true, sizeof(s->others[i].may_hold));
}

void shares_assume_past(struct shares *s, uint64_t now)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t b = 0; b < SHARES_BUCKETS; b++)
			s->others[i].lost[b] = now + 1;
}

static void note_presence(struct shares *s, const struct shares_order *order)
{
	for (size_t i = 0; i < s->count; i++) {
		s->presence[i] = (uint8_t)order->presence[i];
		s->weights[i] = weight_of(order, i);
		if (s->presence[i] != SHARES_PRESENT)
			memset(s->others[i].may_hold, 0, sizeof(s->others[i].may_hold));
		if (s->presence[i] == SHARES_DEAD)
			memset(s->others[i].lost, 0, sizeof(s->others[i].lost));
	}
}

/* By the new table: what others may be taking, in addition to what they may before; what they have
 * lost; and what this node has lost. */
static void switch_owners(struct shares *s, const uint16_t owners[SHARES_BUCKETS], uint64_t now)
{
	for (size_t b = 0; b < SHARES_BUCKETS; b++) {
		uint16_t was = s->owners[b], is = owners[b];

		s->owners[b] = is;
		if (is != SHARES_NOBODY)
			s->others[is].may_hold[b] = true;
		if (was != SHARES_NOBODY && was != is && s->presence[was] != SHARES_DEAD)
			s->others[was].lost[b] = now + 1;
		/* A bucket that it gets back, and has to wait for, it goes on asking in. */
		if (is != s->self && s->takes[b]) {
			s->takes[b] = false;
			s->asks[b] = true;
		}
	}
}

/* Of the buckets of the present epoch and before, a node that has released it, or a later one,
 * holds what the table gives it, and nothing else. */
static void note_release(struct shares *s, size_t node)
{
	if (s->others[node].released < s->epoch)
		return;
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		s->others[node].may_hold[b] = s->owners[b] == node;
}

static bool is_free(const struct shares *s, size_t bucket)
{
	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && s->others[i].may_hold[bucket])
			return false;
	return true;
}

static void take(struct shares *s)
{
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		if (s->owners[b] == s->self && !s->takes[b] && is_free(s, b)) {
			s->takes[b] = true;
			s->asks[b] = false;
		}
}

static int begin_epoch(struct shares *s, const struct shares_order *order, uint64_t now)
{
	uint8_t *weights = calloc(s->count, sizeof(*weights));
	uint16_t owners[SHARES_BUCKETS];
	bool is_filled;

	for (size_t i = 0; weights && i < s->count; i++)
		weights[i] = weight_of(order, i);
	is_filled = weights && shares_table_fill(s->table, weights, owners);
	free(weights);
	if (!is_filled)
		return -ENOMEM;
	if (!s->epoch || order->epoch != s->epoch + 1)
		forget(s);
	if (order->epoch !=
	    s->epoch + 1) /* else an order that is the first has no past of its own */
		shares_assume_past(s, now);
	s->epoch = order->epoch;
	note_presence(s, order);
	switch_owners(s, owners, now);
	for (size_t i = 0; i < s->count; i++)
		note_release(s, i);
	return 0;
}

int shares_set(struct shares *s, const struct shares_order *order, uint64_t now)
{
	int rc = 0;

	if (!order->epoch)
		return -EINVAL;
	if (order->epoch < s->epoch)
		return -ESTALE;
	if (order->epoch == s->epoch && !is_same(s, order))
		return -EEXIST;
	if (order->epoch == s->epoch)
		note_presence(s, order); /* a node that had left may be dead now */
	else
		rc = begin_epoch(s, order, now);
	if (rc)
		return rc;
	s->lease = order->lease;
	take(s);
	return 0;
}

bool shares_released(struct shares *s, size_t node, uint64_t epoch)
{
	if (node >= s->count || node == s->self || epoch <= s->others[node].released)
		return false;
	s->others[node].released = epoch;
	note_release(s, node);
	take(s);
	return true;
}

bool shares_still_asks(struct shares *s, size_t node, uint64_t now)
{
	bool is_changed = false;

	if (node >= s->count || node == s->self)
		return false;
	for (size_t b = 0; b < SHARES_BUCKETS; b++) {
		uint64_t *lost = &s->others[node].lost[b];

		if (s->owners[b] == node || !shares_may_have_connections(s, node, b, now) ||
		    now - (*lost - 1) < s->grace / GRACE_STEPS)
			continue;
		*lost = now + 1;
		is_changed = true;
	}
	return is_changed;
}

void shares_connections(struct shares *s, const uint8_t has[SHARES_BUCKETS / 8])
{
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		if (!(has[b / 8] >> b % 8 & 1))
			s->asks[b] = false;
}

/* --- decisions --- */

/* When the last living node that had the bucket is no longer waited for; 0: there is none. */
static uint64_t cautious_until(const struct shares *s, size_t bucket)
{
	uint64_t last = 0;

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && s->others[i].lost[bucket] > last)
			last = s->others[i].lost[bucket];
	return last ? last - 1 + s->grace : 0;
}

/* Before the first order it is nobody who takes the bucket, this node as well as another. */
static bool may_take(const struct shares *s, size_t bucket)
{
	return !s->epoch || s->takes[bucket];
}

void shares_decide(const struct shares *s, uint64_t now, uint8_t decisions[SHARES_BUCKETS])
{
	bool has_lease = now < s->lease;

	for (size_t b = 0; b < SHARES_BUCKETS; b++) {
		decisions[b] = 0;
		if (may_take(s, b))
			decisions[b] |= SHARES_TAKES;
		/* Without a lease it keeps the connections that it has. */
		if (may_take(s, b) ? !has_lease : s->asks[b])
			decisions[b] |= SHARES_ASKS;
		if (s->takes[b] && now < cautious_until(s, b))
			decisions[b] |= SHARES_CAUTIOUS;
	}
}

uint64_t shares_deadline(const struct shares *s, uint64_t now)
{
	uint64_t next = now < s->lease ? s->lease : SHARES_FOREVER, until;

	for (size_t b = 0; b < SHARES_BUCKETS; b++) {
		until = s->takes[b] ? cautious_until(s, b) : 0;
		if (until > now && until < next)
			next = until;
	}
	return next;
}

/* --- what there is --- */

uint64_t shares_epoch(const struct shares *s)
{
	return s->epoch;
}

uint64_t shares_lease(const struct shares *s)
{
	return s->lease;
}

uint16_t shares_owner(const struct shares *s, size_t bucket)
{
	return s->owners[bucket];
}

enum shares_presence shares_presence(const struct shares *s, size_t node)
{
	return (enum shares_presence)s->presence[node];
}

uint8_t shares_weight(const struct shares *s, size_t node)
{
	return s->weights[node];
}

size_t shares_owned(const struct shares *s, size_t node)
{
	size_t count = 0;

	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		count += s->owners[b] == node;
	return count;
}

size_t shares_waiting(const struct shares *s)
{
	size_t count = 0;

	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		count += s->owners[b] == s->self && !s->takes[b];
	return count;
}

size_t shares_asking(const struct shares *s)
{
	size_t count = 0;

	for (size_t b = 0; s->epoch && b < SHARES_BUCKETS; b++)
		count += s->asks[b];
	return count;
}

bool shares_lingers(const struct shares *s, size_t node, uint64_t now)
{
	bool does = false;

	for (size_t b = 0; b < SHARES_BUCKETS && !does; b++)
		does = s->owners[b] != node && shares_may_have_connections(s, node, b, now);
	return does;
}
