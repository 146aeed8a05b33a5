/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loop: the event loop over libevent; see loop.h. */
#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/ratelimit.h"

#define DEAF_MS      100 /* until the next try of what could not be watched or read */
#define COMPLAINT_MS 60000

struct loop {
	struct event_base *base;
	struct event *retry;
	struct loop_io *deaf; /* descriptors that are not watched although they should be */
	struct ratelimit complaints;
};

struct loop_io {
	struct event *event;
	struct loop *loop;
	struct loop_io *next_deaf; /* itself: it is not in that list */
	uint64_t next_complaint;   /* ms */
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

/* --- descriptors that could not be watched --- */

static void retry_later(const struct loop *loop)
{
	if (!evtimer_pending(loop->retry, NULL))
		evtimer_add(loop->retry, &(struct timeval){ .tv_usec = DEAF_MS * 1000 });
}

static void watch_later(struct loop_io *io)
{
	if (io->next_deaf == io) {
		io->next_deaf = io->loop->deaf;
		io->loop->deaf = io;
	}
	retry_later(io->loop);
}

/* epoll_ctl(2) may fail, as the kernel needs memory for each watch. Then try again until it works:
 * a descriptor that nobody watches would be deaf for good. */
static void watch(struct loop_io *io)
{
	struct loop *loop = io->loop;
	int error;

	if (!event_add(io->event, NULL))
		return;
	error = errno;
	if (!loop->deaf && ratelimit_allow(&loop->complaints, loop_now()))
		log_warning_errno(error, "cannot watch a file descriptor: trying again");
	watch_later(io);
}

static void leave_deaf(struct loop_io *io)
{
	struct loop_io **at = &io->loop->deaf;

	if (io->next_deaf == io)
		return;
	while (*at != io)
		at = &(*at)->next_deaf;
	*at = io->next_deaf;
	io->next_deaf = io;
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	struct loop_io *io, *next;

	(void)fd;
	(void)what;
	for (io = loop->deaf; io; io = next) {
		next = io->next_deaf;
		if (!event_add(io->event, NULL))
			leave_deaf(io);
	}
	if (loop->deaf)
		retry_later(loop);
}

/* --- the loop --- */

/* What libevent would write to stderr, for each call that fails; the last line before it ends the
 * process is an error. */
static void log_of_libevent(int severity, const char *text)
{
	if (severity == EVENT_LOG_ERR)
		log_error("libevent: %s", text);
	else
		log_debug("%s", text);
}

static void end_process(int error)
{
	(void)error;
	_exit(LOOP_FATAL);
}

static bool make_base(struct loop *loop)
{
	struct event_config *config = event_config_new();

	event_set_log_callback(log_of_libevent);
	event_set_fatal_callback(end_process);
	loop->complaints.per_second = 1;
	if (!config)
		return false;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	if (loop->base)
		loop->retry = evtimer_new(loop->base, on_retry, loop);
	return loop->retry;
}

struct loop *loop_create(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop && make_base(loop))
		return loop;
	loop_destroy(loop);
	return NULL;
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->retry)
		event_free(loop->retry);
	if (loop->base)
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
	*io = (struct loop_io){ .loop = loop, .next_deaf = io, .cb = cb, .arg = arg };
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
	leave_deaf(io);
	event_del(io->event);
	io->interest = interest;
	if (!interest)
		return;
	what |= (short)(interest & LOOP_READ ? EV_READ : 0);
	what |= (short)(interest & LOOP_WRITE ? EV_WRITE : 0);
	event_assign(io->event, io->loop->base, fd, what, on_io, io);
	watch(io);
}

void loop_io_failed(struct loop_io *io, const char *what, int error)
{
	if (loop_now() >= io->next_complaint) {
		io->next_complaint = loop_now() + COMPLAINT_MS;
		log_warning_errno(error, "%s: trying again", what);
	}
	event_del(io->event);
	if (io->interest)
		watch_later(io);
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
	leave_deaf(io);
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
