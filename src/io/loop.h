/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop: the event loop; the only module that uses libevent.
 *
 * Callbacks run one at a time, from loop_run(). A callback may change or free any watch, including
 * its own. All constructors return NULL if out of memory.
 */
#ifndef CLUSTERARPD_IO_LOOP_H
#define CLUSTERARPD_IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_io;
struct loop_timer;
struct loop_signal;

#define LOOP_READ  1u
#define LOOP_WRITE 2u

typedef void loop_io_callback(unsigned ready, void *arg);
typedef void loop_callback(void *arg);

/* The exit status of a process whose event loop cannot go on: libevent ends it after a log line. */
#define LOOP_FATAL 3

struct loop *loop_create(void);
/* Every watch must have been freed before. */
void loop_destroy(struct loop *loop);
/* Runs until loop_stop(). 0, or a negative errno value if the loop itself failed. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Monotonic time in milliseconds, with the resolution of the kernel's tick. */
uint64_t loop_now(void);

/* Watch a descriptor, which remains the caller's, for `interest` (LOOP_READ | LOOP_WRITE; 0:
 * nothing yet). An error on it is reported as the events that were requested. If the kernel refuses
 * (epoll_ctl(2), for lack of memory), that is logged, and tried again until it works. */
struct loop_io *loop_io_add(struct loop *loop, int fd, unsigned interest, loop_io_callback *cb,
			    void *arg);
void loop_io_set(struct loop_io *io, unsigned interest);
/* Remove `remove` from the interest and add `add`. Does nothing if `io` is NULL. */
void loop_io_change(struct loop_io *io, unsigned remove, unsigned add);
/* The callback could not read, with the errno value `error`: a cause that lasts is no reason to
 * spin. The callback is not called for the next 100 ms. Logs "WHAT: trying again: ERROR", once a
 * minute. */
void loop_io_failed(struct loop_io *io, const char *what, int error);
void loop_io_free(struct loop_io *io); /* NULL is allowed, as for free(), here and below */

/* Create a timer, not yet running. */
struct loop_timer *loop_timer_add(struct loop *loop, loop_callback *cb, void *arg);
/* Run the callback once, in `ms` milliseconds; a running timer is restarted. */
void loop_timer_set(struct loop_timer *timer, unsigned ms);
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

struct loop_signal *loop_signal_add(struct loop *loop, int signo, loop_callback *cb, void *arg);
void loop_signal_free(struct loop_signal *sig);

#endif
