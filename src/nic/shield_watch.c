/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shield_watch: a rate-limited timer; see shield_watch.h. */
#include "nic/shield_watch.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SHIELD_MS 100
#define RETRY_MS  1000

struct shield_watch {
	struct takeover *takeover;
	struct loop_timer *timer;
	bool is_due;
	uint64_t last; /* when the last check was: monotonic ms */
};

static void check_in(struct shield_watch *w, unsigned at_least_ms)
{
	uint64_t now = loop_now(), next = w->last + SHIELD_MS;
	unsigned wait = now < next ? (unsigned)(next - now) : 0;

	if (w->is_due)
		return;
	w->is_due = true;
	loop_timer_set(w->timer, wait > at_least_ms ? wait : at_least_ms);
}

static void on_timer(void *arg)
{
	struct shield_watch *w = arg;

	w->is_due = false;
	w->last = loop_now();
	if (takeover_link(w->takeover) && !takeover_check_shield(w->takeover, w->last))
		check_in(w, RETRY_MS);
}

struct shield_watch *shield_watch_create(struct loop *loop, struct takeover *takeover)
{
	struct shield_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->takeover = takeover;
	w->timer = loop_timer_add(loop, on_timer, w);
	if (w->timer)
		return w;
	free(w);
	return NULL;
}

void shield_watch_destroy(struct shield_watch *w)
{
	if (!w)
		return;
	loop_timer_free(w->timer);
	free(w);
}

void shield_watch_changed(struct shield_watch *w)
{
	check_in(w, 0);
}

void shield_watch_retry(struct shield_watch *w)
{
	check_in(w, RETRY_MS);
}

void shield_watch_cancel(struct shield_watch *w)
{
	loop_timer_cancel(w->timer);
	w->is_due = false;
}
