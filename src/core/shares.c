/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares: the engine behind the shares; see shares.h. */
#include "core/shares.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/keyed_lines.h"

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
	enum shares_presence *presence;
	uint8_t *weights;
	struct other *others; /* of each node; that of this one is not used */
	uint16_t owners[SHARES_BUCKETS];
	bool takes[SHARES_BUCKETS], asks[SHARES_BUCKETS];
};

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
		s->presence[i] = order->presence[i];
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

void shares_released(struct shares *s, size_t node, uint64_t epoch)
{
	if (node >= s->count || node == s->self || epoch < s->others[node].released)
		return;
	s->others[node].released = epoch;
	note_release(s, node);
	take(s);
}

void shares_connections(struct shares *s, const uint8_t has[SHARES_BUCKETS / 8])
{
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		if (!(has[b / 8] >> b % 8 & 1))
			s->asks[b] = false;
}

/* --- decisions --- */

/* May the node, which lives, have connections in the bucket, which it has had once? */
static bool may_have_connections(const struct shares *s, size_t node, size_t bucket, uint64_t now)
{
	uint64_t lost = s->others[node].lost[bucket];

	return lost && now < lost - 1 + s->grace;
}

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
	return s->presence[node];
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
		does = s->owners[b] != node && may_have_connections(s, node, b, now);
	return does;
}

/* --- saved state --- */

static void save_node(const struct shares *s, size_t i, const char *name, uint64_t now, FILE *out)
{
	const struct other *o = &s->others[i];
	uint64_t row[SHARES_BUCKETS];

	fprintf(out, "node %s\npresence %u\nweight %u\nreleased %" PRIu64 "\n", name,
		s->presence[i], s->weights[i], o->released);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		row[b] = o->may_hold[b];
	keyed_lines_write_row(out, "holds", row, SHARES_BUCKETS);
	for (size_t b = 0; b < SHARES_BUCKETS; b++) /* without what is over, to be short */
		row[b] = may_have_connections(s, i, b, now) ? o->lost[b] : 0;
	keyed_lines_write_row(out, "lost", row, SHARES_BUCKETS);
}

enum bucket_state { BUCKET_OTHERS, BUCKET_TAKEN, BUCKET_ASKED };

bool shares_save(const struct shares *s, const char *const *names, uint64_t now, FILE *out)
{
	uint64_t row[SHARES_BUCKETS];

	fprintf(out, "shares 1\nself %s\nnow %" PRIu64 "\nepoch %" PRIu64 "\nnodes %zu\n",
		names[s->self], now, s->epoch, s->count);
	for (size_t i = 0; i < s->count; i++)
		save_node(s, i, names[i], now, out);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		row[b] = s->owners[b] == SHARES_NOBODY ? s->count : s->owners[b];
	keyed_lines_write_row(out, "owners", row, SHARES_BUCKETS);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		row[b] = s->takes[b] ? BUCKET_TAKEN : s->asks[b] ? BUCKET_ASKED : BUCKET_OTHERS;
	keyed_lines_write_row(out, "buckets", row, SHARES_BUCKETS);
	fputs("end shares\n", out);
	return !ferror(out);
}

/* What reads a saved state. */
struct reader {
	struct keyed_lines lines;
	size_t count;      /* of its nodes */
	uint16_t *nodes;   /* of each of its nodes, the present number, or SHARES_NOBODY */
	struct other gone; /* of a node that the file no longer has */
	uint64_t row[SHARES_BUCKETS];
};

/* Into r->row. */
static bool read_row(struct reader *r, const char *key, uint64_t most)
{
	return keyed_lines_row(&r->lines, key, most, r->row, SHARES_BUCKETS);
}

static uint16_t find_name(const struct shares *s, const char *const *names, const char *name)
{
	size_t i = 0;

	while (i < s->count && strcmp(names[i], name) != 0)
		i++;
	return i < s->count ? (uint16_t)i : SHARES_NOBODY;
}

static bool is_twice(const struct reader *r, size_t i)
{
	bool is = false;

	for (size_t k = 0; k < i && r->nodes[i] != SHARES_NOBODY; k++)
		is |= r->nodes[k] == r->nodes[i];
	return is;
}

static bool read_node(struct reader *r, size_t i, struct shares *s, const char *const *names,
		      uint64_t saved)
{
	const char *name = keyed_lines_text(&r->lines, "node");
	uint64_t presence, weight, released;
	struct other *o;

	if (!name)
		return false;
	r->nodes[i] = find_name(s, names, name);
	if (is_twice(r, i) || !keyed_lines_number(&r->lines, "presence", SHARES_DEAD, &presence) ||
	    !keyed_lines_number(&r->lines, "weight",
				presence == SHARES_PRESENT ? SHARES_WEIGHT_MAX : 0, &weight) ||
	    !keyed_lines_number(&r->lines, "released", UINT64_MAX, &released) ||
	    !read_row(r, "holds", true))
		return false;
	o = r->nodes[i] == SHARES_NOBODY ? &r->gone : &s->others[r->nodes[i]];
	o->released = released;
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		o->may_hold[b] = r->row[b];
	if (!read_row(r, "lost", saved + 1))
		return false;
	memcpy(o->lost, r->row, sizeof(o->lost));
	if (r->nodes[i] != SHARES_NOBODY) {
		s->presence[r->nodes[i]] = (enum shares_presence)presence;
		s->weights[r->nodes[i]] = (uint8_t)weight;
	}
	return true;
}

/* What of it this node takes must be what it owns. */
static bool read_buckets(struct reader *r, struct shares *s)
{
	bool is_valid;

	if (!read_row(r, "owners", r->count))
		return false;
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		s->owners[b] = r->row[b] == r->count ? SHARES_NOBODY : r->nodes[r->row[b]];
	is_valid = read_row(r, "buckets", BUCKET_ASKED);
	for (size_t b = 0; is_valid && b < SHARES_BUCKETS; b++) {
		s->takes[b] = r->row[b] == BUCKET_TAKEN;
		s->asks[b] = r->row[b] == BUCKET_ASKED;
		is_valid = !s->takes[b] || s->owners[b] == s->self;
	}
	return is_valid && keyed_lines_text(&r->lines, "end");
}

static int read_state(struct reader *r, struct shares *s, const char *const *names, uint64_t now)
{
	const char *text = keyed_lines_text(&r->lines, "shares");
	uint64_t saved, count;

	if (!text || strcmp(text, "1") != 0)
		return -EBADMSG;
	text = keyed_lines_text(&r->lines, "self");
	if (!text || strcmp(text, names[s->self]) != 0 ||
	    !keyed_lines_number(&r->lines, "now", UINT64_MAX - 1, &saved))
		return -EBADMSG;
	if (saved > now)
		return -ESTALE;
	if (!keyed_lines_number(&r->lines, "epoch", UINT64_MAX, &s->epoch) ||
	    !keyed_lines_number(&r->lines, "nodes", SHARES_NOBODY - 1, &count))
		return -EBADMSG;
	r->count = count;
	r->nodes = calloc(count + 1, sizeof(*r->nodes));
	if (!r->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!read_node(r, i, s, names, saved))
			return -EBADMSG;
	return read_buckets(r, s) ? 0 : -EBADMSG;
}

int shares_restore(struct shares *s, const char *const *names, uint64_t lease, uint64_t now,
		   FILE *in)
{
	struct shares *fresh = shares_create(s->table, s->count, s->self, s->grace), old = *s;
	struct reader *r = calloc(1, sizeof(*r));
	int rc = -ENOMEM;

	if (fresh && r) {
		r->lines.in = in;
		rc = read_state(r, fresh, names, now);
		keyed_lines_clear(&r->lines);
		free(r->nodes);
	}
	if (!rc) {
		fresh->lease = lease;
		*s = *fresh;
		*fresh = old;
	}
	shares_destroy(fresh);
	free(r);
	return rc;
}
