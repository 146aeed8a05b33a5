/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shares_saved: what the engine behind the shares knows, as text; see shares_saved.h. */
#include "core/shares/shares_saved.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/keyed_lines.h"
#include "core/shares/shares_inside.h"

/* --- writing --- */

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
		row[b] = shares_may_have_connections(s, i, b, now) ? o->lost[b] : 0;
	keyed_lines_write_row(out, "lost", row, SHARES_BUCKETS);
}

enum bucket_state { BUCKET_OTHERS, BUCKET_TAKEN, BUCKET_ASKED };

bool shares_saved_write(const struct shares *s, const char *const *names, uint64_t now, FILE *out)
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

/* --- reading --- */

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
		s->presence[r->nodes[i]] = (uint8_t)presence;
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

int shares_saved_read(struct shares *s, const char *const *names, uint64_t lease, uint64_t now,
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
