/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repeats: which log lines to write about events that repeat; see repeats.h. */
#include "report/repeats.h"

#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

struct entry {
	struct repeats_key key;
	bool is_told;       /* the first line was written; until then each event tries again */
	uint64_t total;     /* events */
	uint64_t since;     /* of these, neither told by a line nor counted as suppressed */
	uint64_t last;      /* ms: the last event */
	uint64_t minute;    /* ms: the next line while they go on */
	struct entry *prev; /* in `by_last` */
	struct entry *next;
	struct entry *minute_prev; /* in `by_minute` */
	struct entry *minute_next;
	UT_hash_handle hh;
};

struct repeats {
	struct ratelimit *limit;
	struct entry *table;
	struct entry *by_last, *by_minute; /* the same entries, the earliest first */
};

struct repeats *repeats_create(struct ratelimit *limit)
{
	struct repeats *r = calloc(1, sizeof(*r));

	if (r)
		r->limit = limit;
	return r;
}

static void drop(struct repeats *r, struct entry *e)
{
	HASH_DEL(r->table, e);
	DL_DELETE(r->by_last, e);
	DL_DELETE2(r->by_minute, e, minute_prev, minute_next);
	free(e);
}

void repeats_forget(struct repeats *r)
{
	while (r->by_last) {
		r->limit->suppressed += r->by_last->since;
		drop(r, r->by_last);
	}
}

void repeats_destroy(struct repeats *r)
{
	if (!r)
		return;
	repeats_forget(r);
	free(r);
}

static struct entry *find(const struct repeats *r, const struct repeats_key *key)
{
	struct entry *e;

	HASH_FIND(hh, r->table, key, sizeof(*key), e);
	return e;
}

/* NULL: the table is full, or out of memory. */
static struct entry *add(struct repeats *r, const struct repeats_key *key, uint64_t now)
{
	bool is_full = HASH_COUNT(r->table) >= REPEATS_MAX;
	struct entry *e = is_full ? NULL : calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->key = *key;
	HASH_ADD(hh, r->table, key, sizeof(e->key), e);
	if (!e->hh.tbl) { /* no memory for the hash table */
		free(e);
		return NULL;
	}
	e->minute = now + REPEATS_MINUTE_MS;
	DL_APPEND(r->by_last, e);
	DL_APPEND2(r->by_minute, e, minute_prev, minute_next);
	return e;
}

bool repeats_add(struct repeats *r, const struct repeats_key *key, uint64_t now)
{
	struct entry *e = find(r, key);

	if (!e)
		e = add(r, key, now);
	if (!e)
		return ratelimit_allow(r->limit, now);
	DL_DELETE(r->by_last, e);
	DL_APPEND(r->by_last, e);
	e->last = now;
	e->total++;
	if (e->is_told) {
		e->since++;
		return false;
	}
	e->is_told = ratelimit_allow(r->limit, now);
	return e->is_told;
}

/* May this line be written? If not, its events are counted as suppressed, instead of the line. */
static bool may_tell(struct repeats *r, const struct repeats_line *line, uint64_t now)
{
	if (ratelimit_allow(r->limit, now))
		return true;
	r->limit->suppressed += line->count;
	r->limit->suppressed--;
	return false;
}

static struct repeats_line line_about(const struct entry *e, bool is_over)
{
	return (struct repeats_line){
		.key = e->key, .is_over = is_over, .count = e->since, .total = e->total
	};
}

/* True: there is a line to write. */
static bool end(struct repeats *r, struct entry *e, uint64_t now, struct repeats_line *line)
{
	bool is_due = e->is_told && e->total > 1;

	*line = line_about(e, true);
	drop(r, e);
	return is_due && may_tell(r, line, now);
}

static bool go_on(struct repeats *r, struct entry *e, uint64_t now, struct repeats_line *line)
{
	*line = line_about(e, false);
	e->since = 0;
	e->minute = now + REPEATS_MINUTE_MS;
	DL_DELETE2(r->by_minute, e, minute_prev, minute_next);
	DL_APPEND2(r->by_minute, e, minute_prev, minute_next);
	return line->count && may_tell(r, line, now);
}

bool repeats_next(struct repeats *r, uint64_t now, struct repeats_line *line)
{
	bool is_due = false;

	while (!is_due && repeats_deadline(r) <= now) {
		if (r->by_last->last + REPEATS_QUIET_MS <= now)
			is_due = end(r, r->by_last, now, line);
		else
			is_due = go_on(r, r->by_minute, now, line);
	}
	return is_due;
}

uint64_t repeats_deadline(const struct repeats *r)
{
	uint64_t quiet, minute;

	if (!r->by_last)
		return REPEATS_NEVER;
	quiet = r->by_last->last + REPEATS_QUIET_MS;
	minute = r->by_minute->minute;
	return quiet < minute ? quiet : minute;
}
