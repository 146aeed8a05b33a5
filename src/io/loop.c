/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop: the event loop over libevent; see loop.h. */
#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

struct loop {
	struct event_base *base;
};

struct loop_io {
	struct event *event;
	struct event_base *base;
	unsigned interest;
	loop_io_callback *cb;
	void *arg;
};

struct loop_timer {
	struct event *event;
	loop_callback *cb;
	void *arg;
};

struct loop_signal {
	struct event *event;
	loop_callback *cb;
	void *arg;
};

struct loop *loop_create(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct event_config *config = event_config_new();

	if (loop && config) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		loop->base = event_base_new_with_config(config);
	}
	if (config)
		event_config_free(config);
	if (loop && loop->base)
		return loop;
	free(loop);
	return NULL;
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	event_base_free(loop->base);
	free(loop);
}

int loop_run(struct loop *loop)
{
	return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? -EIO : 0;
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;

	(void)fd;
	io->cb((what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0), io->arg);
}

struct loop_io *loop_io_add(struct loop *loop, int fd, unsigned interest, loop_io_callback *cb,
			    void *arg)
{
	struct loop_io *io = calloc(1, sizeof(*io));

	if (!io)
		return NULL;
	*io = (struct loop_io){ .base = loop->base, .cb = cb, .arg = arg };
	io->event = event_new(loop->base, fd, EV_PERSIST, on_io, io);
	if (!io->event) {
		free(io);
		return NULL;
	}
	loop_io_set(io, interest);
	return io;
}

void loop_io_set(struct loop_io *io, unsigned interest)
{
	evutil_socket_t fd = event_get_fd(io->event);
	short what = EV_PERSIST;

	if (interest == io->interest)
		return;
	event_del(io->event);
	io->interest = interest;
	if (!interest)
		return;
	what |= (short)(interest & LOOP_READ ? EV_READ : 0);
	what |= (short)(interest & LOOP_WRITE ? EV_WRITE : 0);
	event_assign(io->event, io->base, fd, what, on_io, io);
	event_add(io->event, NULL);
}

void loop_io_change(struct loop_io *io, unsigned remove, unsigned add)
{
	if (io)
		loop_io_set(io, (io->interest & ~remove) | add);
}

void loop_io_free(struct loop_io *io)
{
	if (!io)
		return;
	event_free(io->event);
	free(io);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->cb(timer->arg);
}

struct loop_timer *loop_timer_add(struct loop *loop, loop_callback *cb, void *arg)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	*timer = (struct loop_timer){ .cb = cb, .arg = arg };
	timer->event = evtimer_new(loop->base, on_timer, timer);
	if (!timer->event) {
		free(timer);
		return NULL;
	}
	return timer;
}

void loop_timer_set(struct loop_timer *timer, unsigned ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000 };

	evtimer_add(timer->event, &tv);
}

void loop_timer_cancel(struct loop_timer *timer)
{
	evtimer_del(timer->event);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	event_free(timer->event);
	free(timer);
}

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *sig = arg;

	(void)signo;
	(void)what;
	sig->cb(sig->arg);
}

struct loop_signal *loop_signal_add(struct loop *loop, int signo, loop_callback *cb, void *arg)
{
	struct loop_signal *sig = calloc(1, sizeof(*sig));

	if (!sig)
		return NULL;
	*sig = (struct loop_signal){ .cb = cb, .arg = arg };
	sig->event = evsignal_new(loop->base, signo, on_signal, sig);
	if (!sig->event || evsignal_add(sig->event, NULL) < 0) {
		loop_signal_free(sig);
		return NULL;
	}
	return sig;
}

void loop_signal_free(struct loop_signal *sig)
{
	if (!sig)
		return;
	if (sig->event)
		event_free(sig->event);
	free(sig);
}
