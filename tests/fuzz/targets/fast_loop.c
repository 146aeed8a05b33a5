/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fast_loop: io/loop.h without waiting; see fast_loop.h. */
#include "fast_loop.h"

#include <poll.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/log.h"
#include "target.h"

#define IOS_MAX    64
#define TURNS_MAX  100000 /* of one run: more is a loop that spins */
#define FIRST_TIME 1000000

/* Freed watches stay in the list until the turn is over. */
struct loop_io {
	struct loop *loop;
	struct loop_io *next;
	int fd;
	unsigned interest;
	loop_io_callback *cb; /* NULL: freed */
	void *arg;
};

struct loop_timer {
	struct loop *loop;
	struct loop_timer *next;
	uint64_t due;      /* UINT64_MAX: not running */
	loop_callback *cb; /* NULL: freed */
	void *arg;
};

struct loop {
	struct loop_io *ios;
	struct loop_timer *timers;
	bool is_stopped;
};

static uint64_t now = FIRST_TIME;

struct loop *loop_create(void)
{
	return calloc(1, sizeof(struct loop));
}

/* Take the freed watches out of the lists. */
static void sweep(struct loop *loop)
{
	struct loop_io **io = &loop->ios;
	struct loop_timer **timer = &loop->timers;

	while (*io) {
		struct loop_io *it = *io;

		if (it->cb) {
			io = &it->next;
			continue;
		}
		*io = it->next;
		free(it);
	}
	while (*timer) {
		struct loop_timer *it = *timer;

		if (it->cb) {
			timer = &it->next;
			continue;
		}
		*timer = it->next;
		free(it);
	}
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	sweep(loop);
	target_check(!loop->ios && !loop->timers, "a watch was not freed");
	free(loop);
}

void loop_stop(struct loop *loop)
{
	loop->is_stopped = true;
}

uint64_t loop_now(void)
{
	return now;
}

/* --- descriptors --- */

struct loop_io *loop_io_add(struct loop *loop, int fd, unsigned interest, loop_io_callback *cb,
			    void *arg)
{
	struct loop_io *io = calloc(1, sizeof(*io));

	if (!io)
		return NULL;
	*io = (struct loop_io){ loop, loop->ios, fd, interest, cb, arg };
	loop->ios = io;
	return io;
}

void loop_io_set(struct loop_io *io, unsigned interest)
{
	io->interest = interest;
}

void loop_io_change(struct loop_io *io, unsigned remove, unsigned add)
{
	if (io)
		io->interest = (io->interest & ~remove) | add;
}

void loop_io_failed(struct loop_io *io, const char *what, int error)
{
	log_warning_errno(error, "%s: trying again", what);
	io->interest = 0; /* nothing here lasts for 100 ms */
}

void loop_io_free(struct loop_io *io)
{
	if (io)
		io->cb = NULL;
}

/* One turn. False: no descriptor is ready. */
static bool serve_ios(struct loop *loop)
{
	struct loop_io *list[IOS_MAX], *io;
	struct pollfd fds[IOS_MAX];
	nfds_t count = 0;

	for (io = loop->ios; io; io = io->next) {
		if (!io->cb || !io->interest)
			continue;
		target_check(count < IOS_MAX, "too many descriptors");
		list[count] = io;
		fds[count++] = (struct pollfd){
			.fd = io->fd,
			.events = (short)((io->interest & LOOP_READ ? POLLIN : 0) |
					  (io->interest & LOOP_WRITE ? POLLOUT : 0))
		};
	}
	if (poll(fds, count, 0) <= 0)
		return false;
	for (nfds_t i = 0; i < count; i++) {
		unsigned ready = (fds[i].revents & POLLIN ? LOOP_READ : 0) |
				 (fds[i].revents & POLLOUT ? LOOP_WRITE : 0);

		if (fds[i].revents & (POLLERR | POLLHUP))
			ready |= list[i]->interest;
		if (list[i]->cb && (ready & list[i]->interest))
			list[i]->cb(ready & list[i]->interest, list[i]->arg);
	}
	return true;
}

/* --- timers --- */

struct loop_timer *loop_timer_add(struct loop *loop, loop_callback *cb, void *arg)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	*timer = (struct loop_timer){ loop, loop->timers, UINT64_MAX, cb, arg };
	loop->timers = timer;
	return timer;
}

void loop_timer_set(struct loop_timer *timer, unsigned ms)
{
	timer->due = now + ms;
}

void loop_timer_cancel(struct loop_timer *timer)
{
	timer->due = UINT64_MAX;
}

void loop_timer_free(struct loop_timer *timer)
{
	if (timer)
		timer->cb = NULL;
}

/* Run the timer that is due first. False: there is none until `end`. */
static bool serve_timer(struct loop *loop, uint64_t end)
{
	struct loop_timer *first = NULL, *timer;

	for (timer = loop->timers; timer; timer = timer->next)
		if (timer->cb && timer->due <= end && (!first || timer->due < first->due))
			first = timer;
	if (!first)
		return false;
	now = first->due > now ? first->due : now;
	first->due = UINT64_MAX;
	first->cb(first->arg);
	return true;
}

/* --- signals: none comes --- */

struct loop_signal {
	int unused;
};

struct loop_signal *loop_signal_add(struct loop *loop, int signo, loop_callback *cb, void *arg)
{
	(void)loop;
	(void)signo;
	(void)cb;
	(void)arg;
	return calloc(1, sizeof(struct loop_signal));
}

void loop_signal_free(struct loop_signal *sig)
{
	free(sig);
}

/* --- running --- */

int fast_loop_run_until(struct loop *loop, uint64_t ms)
{
	unsigned turns = 0;

	loop->is_stopped = false;
	while (!loop->is_stopped && (serve_ios(loop) || serve_timer(loop, ms))) {
		target_check(++turns < TURNS_MAX, "the loop spins");
		sweep(loop);
	}
	if (!loop->is_stopped && ms != UINT64_MAX && ms > now)
		now = ms;
	return 0;
}

int loop_run(struct loop *loop)
{
	return fast_loop_run_until(loop, UINT64_MAX - 1);
}
