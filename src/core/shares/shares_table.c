/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares_table: rendezvous hashing with capacities; see shares_table.h. Integers only, so that
 * every machine gets the same table. */
#include "core/shares/shares_table.h"

#include <stdlib.h>
#include <string.h>

#define FRACTION 26 /* bits after the point of a cost */
#define SHIFT    10 /* more of them for the quotient of cost and weight */

struct shares_table {
	size_t count;
	uint64_t *ties;                    /* of each node: its name as a number */
	uint64_t (*costs)[SHARES_BUCKETS]; /* of each node and bucket */
};

/* --- costs --- */

static uint64_t hash_name(const char *name)
{
	const struct shares_key key = { { 0, 0 } };
	uint64_t hash = 0;

	/* Word by word, each hashed with the hash of those before. */
	for (size_t left = strlen(name) + 1; left;) {
		size_t len = left < 8 ? left : 8;
		__u8 bytes[8] = { 0 };
		__u64 words[2];

		memcpy(bytes, name, len);
		words[0] = hash;
		words[1] = shares_word(bytes);
		hash = shares_siphash(&key, words, 2);
		name += len;
		left -= len;
	}
	return hash;
}

/* -log2(u) for u = (x + 1) / 2^32, exponentially distributed if x is uniform; FRACTION bits after
 * the point. Bit by bit: the logarithm of a square is twice that of the number. */
static uint64_t minus_log2(uint32_t x)
{
	uint64_t value = (uint64_t)x + 1; /* 1 to 2^32 */
	unsigned whole = 63 - (unsigned)__builtin_clzll(value);
	uint64_t mantissa = (value << 31) >> whole; /* 2^31 for 1, to 2^32 for 2 */
	uint64_t log = whole;

	for (int bit = 0; bit < FRACTION; bit++) {
		mantissa = mantissa * mantissa >> 31;
		log = log << 1 | mantissa >> 32;
		if (mantissa >> 32)
			mantissa >>= 1;
	}
	return ((uint64_t)32 << FRACTION) - log;
}

static void draw_costs(struct shares_table *t, size_t node)
{
	const struct shares_key key = { { t->ties[node], 0 } };

	for (__u64 b = 0; b < SHARES_BUCKETS; b++)
		t->costs[node][b] = minus_log2((uint32_t)shares_siphash(&key, &b, 1));
}

/* The lower, the better. */
static uint64_t price(const struct shares_table *t, const uint8_t *weights, size_t node, size_t b)
{
	return (t->costs[node][b] << SHIFT) / weights[node];
}

/* Is node i to be preferred to node j? */
static bool is_better(const struct shares_table *t, const uint8_t *weights, size_t b, size_t i,
		      size_t j)
{
	uint64_t one = price(t, weights, i, b), other = price(t, weights, j, b);

	return one != other ? one < other : t->ties[i] < t->ties[j];
}

static uint16_t cheapest(const struct shares_table *t, const uint8_t *weights, size_t b)
{
	uint16_t best = SHARES_NOBODY;

	for (size_t i = 0; i < t->count; i++)
		if (weights[i] && (best == SHARES_NOBODY || is_better(t, weights, b, i, best)))
			best = (uint16_t)i;
	return best;
}

/* --- capacities --- */

struct part {
	size_t node;
	uint64_t rest, tie;
};

/* The greatest remainder first; among equals by name. */
static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->rest != y->rest)
		return x->rest < y->rest ? 1 : -1;
	return (x->tie > y->tie) - (x->tie < y->tie);
}

/* Into surplus[]: minus the number of buckets that each node is to have. */
static bool subtract_capacities(const struct shares_table *t, const uint8_t *weights, int *surplus)
{
	struct part *parts = calloc(t->count, sizeof(*parts));
	uint64_t all = 0;
	int left = SHARES_BUCKETS;

	if (!parts)
		return false;
	for (size_t i = 0; i < t->count; i++)
		all += weights[i];
	for (size_t i = 0; i < t->count; i++) {
		uint64_t exact = (uint64_t)SHARES_BUCKETS * weights[i];

		parts[i] = (struct part){ i, exact % all, t->ties[i] };
		surplus[i] = -(int)(exact / all);
		left += surplus[i];
	}
	qsort(parts, t->count, sizeof(*parts), compare_parts);
	for (int i = 0; i < left; i++)
		surplus[parts[i].node]--;
	free(parts);
	return true;
}

/* --- corrections --- */

/* A bucket of a node above its capacity, and a node below its own that may get it. */
struct move {
	uint64_t extra; /* what the bucket costs there more than here */
	uint64_t tie;
	uint16_t bucket, to;
};

static int compare_moves(const void *a, const void *b)
{
	const struct move *x = a, *y = b;

	if (x->extra != y->extra)
		return x->extra < y->extra ? -1 : 1;
	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return (x->tie > y->tie) - (x->tie < y->tie);
}

static size_t count_moves(const struct shares_table *t, const int *surplus,
			  const uint16_t owners[SHARES_BUCKETS])
{
	size_t below = 0, above = 0;

	for (size_t i = 0; i < t->count; i++)
		below += surplus[i] < 0;
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		above += surplus[owners[b]] > 0;
	return above * below;
}

static void list_moves(const struct shares_table *t, const uint8_t *weights, const int *surplus,
		       const uint16_t owners[SHARES_BUCKETS], struct move *moves)
{
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		for (size_t i = 0; i < t->count; i++)
			if (surplus[owners[b]] > 0 && surplus[i] < 0)
				*moves++ = (struct move){ price(t, weights, i, b) -
								  price(t, weights, owners[b], b),
							  t->ties[i], (uint16_t)b, (uint16_t)i };
}

/* `surplus`: how many buckets each node has above its capacity. */
static bool correct(const struct shares_table *t, const uint8_t *weights, int *surplus,
		    uint16_t owners[SHARES_BUCKETS])
{
	size_t count = count_moves(t, surplus, owners);
	struct move *moves = calloc(count + 1, sizeof(*moves));

	if (!moves)
		return false;
	list_moves(t, weights, surplus, owners, moves);
	qsort(moves, count, sizeof(*moves), compare_moves);
	for (size_t i = 0; i < count; i++) {
		uint16_t *owner = &owners[moves[i].bucket];

		if (surplus[*owner] <= 0 || surplus[moves[i].to] >= 0)
			continue;
		surplus[*owner]--;
		surplus[moves[i].to]++;
		*owner = moves[i].to;
	}
	free(moves);
	return true;
}

bool shares_table_fill(const struct shares_table *t, const uint8_t *weights,
		       uint16_t owners[SHARES_BUCKETS])
{
	int *surplus;
	bool is_filled;

	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		owners[b] = cheapest(t, weights, b);
	if (owners[0] == SHARES_NOBODY)
		return true;
	surplus = calloc(t->count, sizeof(*surplus));
	is_filled = surplus && subtract_capacities(t, weights, surplus);
	for (size_t b = 0; is_filled && b < SHARES_BUCKETS; b++)
		surplus[owners[b]]++;
	if (is_filled)
		is_filled = correct(t, weights, surplus, owners);
	free(surplus);
	return is_filled;
}

/* --- life --- */

/* Exchange the prices of the cheapest node and of the corrected owner, so that the table of these
 * weights needs no corrections. */
static void settle(struct shares_table *t, const uint8_t *weights,
		   const uint16_t owners[SHARES_BUCKETS])
{
	for (size_t b = 0; b < SHARES_BUCKETS; b++) {
		uint16_t was = cheapest(t, weights, b), is = owners[b];
		uint64_t least;

		if (was == is)
			continue;
		least = t->costs[was][b];
		t->costs[was][b] = t->costs[is][b] * weights[was] / weights[is];
		t->costs[is][b] = least * weights[is] / weights[was];
	}
}

static bool prepare(struct shares_table *t, const char *const *names, const uint8_t *weights)
{
	uint16_t owners[SHARES_BUCKETS];

	t->ties = calloc(t->count, sizeof(*t->ties));
	t->costs = calloc(t->count, sizeof(*t->costs));
	if (!t->ties || !t->costs)
		return false;
	for (size_t i = 0; i < t->count; i++) {
		t->ties[i] = hash_name(names[i]);
		draw_costs(t, i);
	}
	if (!shares_table_fill(t, weights, owners))
		return false;
	if (owners[0] != SHARES_NOBODY)
		settle(t, weights, owners);
	return true;
}

struct shares_table *shares_table_create(const char *const *names, const uint8_t *weights,
					 size_t count)
{
	struct shares_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->count = count;
	if (prepare(t, names, weights))
		return t;
	shares_table_destroy(t);
	return NULL;
}

void shares_table_destroy(struct shares_table *t)
{
	if (!t)
		return;
	free(t->ties);
	free(t->costs);
	free(t);
}
