/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_timer: a rate-limited timer; see check_timer.h. */
#include "io/check_timer.h"

#include <stdint.h>
#include <stdlib.h>

struct check_timer {
	struct check_timer_times times;
	struct loop_timer *timer;
	bool (*check)(void *arg);
	void *arg;
	bool is_due;
	uint64_t due;  /* if so: ms */
	uint64_t last; /* check: ms */
};

static void check_in(struct check_timer *t, unsigned at_least_ms)
{
	uint64_t now = loop_now(), next = t->last + t->times.interval_ms;
	uint64_t due = now + at_least_ms > next ? now + at_least_ms : next;

	if (t->is_due && t->due <= due)
		return;
	t->is_due = true;
	t->due = due;
	loop_timer_set(t->timer, (unsigned)(due - now));
}

static void on_timer(void *arg)
{
	struct check_timer *t = arg;

	t->is_due = false;
	t->last = loop_now();
	if (!t->check(t->arg))
		check_timer_retry(t);
}

struct check_timer *check_timer_create(struct loop *loop, const struct check_timer_times *times,
				       bool (*check)(void *arg), void *arg)
{
	struct check_timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct check_timer){ .times = *times, .check = check, .arg = arg };
	t->timer = loop_timer_add(loop, on_timer, t);
	if (t->timer)
		return t;
	free(t);
	return NULL;
}

void check_timer_destroy(struct check_timer *t)
{
	if (!t)
		return;
	loop_timer_free(t->timer);
	free(t);
}

void check_timer_changed(struct check_timer *t)
{
	check_in(t, t->times.delay_ms);
}

void check_timer_retry(struct check_timer *t)
{
	check_in(t, t->times.retry_ms);
}

void check_timer_cancel(struct check_timer *t)
{
	loop_timer_cancel(t->timer);
	t->is_due = false;
}
