/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adopt_rounds: what may move from the NIC to the TAP, and when; see adopt_rounds.h. */
#include "nic/adopt_rounds.h"

#include <stdlib.h>
#include <string.h>

#define WHAT_MAX     64
#define FAILURES_MAX 4 /* doublings of the time until the next try */

struct entry {
	char what[WHAT_MAX];
	uint64_t moves[ADOPT_ROUNDS]; /* the latest last */
	unsigned count;               /* of moves[] */
	unsigned failures;            /* how often it was left */
	bool is_left;
	uint64_t written; /* while it is left: when it was last written */
	uint64_t asked;
};

struct adopt_rounds {
	struct entry *list;
	size_t count, size;
};

struct adopt_rounds *adopt_rounds_create(void)
{
	return calloc(1, sizeof(struct adopt_rounds));
}

void adopt_rounds_destroy(struct adopt_rounds *r)
{
	if (!r)
		return;
	free(r->list);
	free(r);
}

static struct entry *find(const struct adopt_rounds *r, const char *what)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (!strncmp(r->list[i].what, what, WHAT_MAX - 1))
			return &r->list[i];
	return NULL;
}

static struct entry *add(struct adopt_rounds *r, const char *what)
{
	size_t size = r->size ? 2 * r->size : 16;
	struct entry *grown, *e;

	if (r->count == r->size) {
		grown = reallocarray(r->list, size, sizeof(*grown));
		if (!grown)
			return NULL;
		r->list = grown;
		r->size = size;
	}
	e = &r->list[r->count++];
	*e = (struct entry){ .failures = 0 };
	strncpy(e->what, what, WHAT_MAX - 1);
	return e;
}

static uint64_t last_move(const struct entry *e)
{
	return e->count ? e->moves[e->count - 1] : 0;
}

static uint64_t due(const struct entry *e)
{
	unsigned doublings = e->failures - 1 < FAILURES_MAX ? e->failures - 1 : FAILURES_MAX;

	return e->written + ((uint64_t)ADOPT_ROUNDS_QUIET_MS << doublings);
}

static enum adopt_rounds_answer move(struct entry *e, uint64_t now)
{
	if (e->count == ADOPT_ROUNDS) {
		memmove(e->moves, e->moves + 1, sizeof(e->moves) - sizeof(e->moves[0]));
		e->count--;
	}
	e->moves[e->count++] = now;
	return ADOPT_ROUNDS_MOVE;
}

static bool is_recent(uint64_t then, uint64_t now)
{
	return now - then < ADOPT_ROUNDS_WINDOW_MS;
}

enum adopt_rounds_answer adopt_rounds_ask(struct adopt_rounds *r, const char *what, uint64_t now)
{
	struct entry *e = find(r, what);

	if (!e)
		e = add(r, what);
	if (!e)
		return ADOPT_ROUNDS_LEAVE;
	e->asked = now;
	if (e->count && last_move(e) == now)
		return ADOPT_ROUNDS_MOVE;
	if (e->is_left && now < due(e))
		return ADOPT_ROUNDS_LEAVE;
	if (e->is_left) {
		e->is_left = false;
		e->count = 0;
		return move(e, now);
	}
	if (e->count && !is_recent(last_move(e), now))
		e->count = e->failures = 0;
	if (e->failures ? !e->count : e->count < ADOPT_ROUNDS || !is_recent(e->moves[0], now))
		return move(e, now);
	e->is_left = true;
	e->failures++;
	e->written = now;
	return ADOPT_ROUNDS_GIVE_UP;
}

/* Also forgets what was moved, and has not come back within the window. */
void adopt_rounds_asked(struct adopt_rounds *r, uint64_t now)
{
	size_t i, kept = 0;

	for (i = 0; i < r->count; i++)
		if (r->list[i].is_left ? r->list[i].asked == now
				       : is_recent(last_move(&r->list[i]), now))
			r->list[kept++] = r->list[i];
	r->count = kept;
}

void adopt_rounds_written(struct adopt_rounds *r, const char *what, uint64_t now)
{
	struct entry *e = find(r, what);

	if (e && e->is_left)
		e->written = now;
}

bool adopt_rounds_is_left(const struct adopt_rounds *r, const char *what)
{
	const struct entry *e = find(r, what);

	return e && e->is_left;
}

size_t adopt_rounds_left(const struct adopt_rounds *r, const char **first)
{
	size_t i, left = 0;

	*first = NULL;
	for (i = 0; i < r->count; i++)
		if (r->list[i].is_left && !left++)
			*first = r->list[i].what;
	return left;
}

unsigned adopt_rounds_wait(const struct adopt_rounds *r, uint64_t now)
{
	uint64_t next = 0;
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->list[i].is_left && (!next || due(&r->list[i]) < next))
			next = due(&r->list[i]);
	return !next ? 0 : next > now ? (unsigned)(next - now) : 1;
}
