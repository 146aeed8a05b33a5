/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_timer: when to check something that others may change: a moment after a change, but at
 * limited intervals, however many changes arrive; and again later where a check could not repair
 * what it found.
 */
#ifndef CLUSTERARPD_IO_CHECK_TIMER_H
#define CLUSTERARPD_IO_CHECK_TIMER_H

#include <stdbool.h>

#include "io/loop.h"

struct check_timer;

struct check_timer_times {
	unsigned delay_ms;    /* from a change to the check */
	unsigned interval_ms; /* between two checks, at least */
	unsigned retry_ms;    /* from a check that failed to the next */
};

/* `check` returns false if it has to be repeated. `loop` is borrowed. NULL: out of memory. */
struct check_timer *check_timer_create(struct loop *loop, const struct check_timer_times *times,
				       bool (*check)(void *arg), void *arg);
void check_timer_destroy(struct check_timer *timer);

/* Something changed, or may have: check. */
void check_timer_changed(struct check_timer *timer);
/* A check has failed elsewhere: check again after retry_ms. */
void check_timer_retry(struct check_timer *timer);
/* There is nothing to check. */
void check_timer_cancel(struct check_timer *timer);

#endif
