/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_link: the daemon's control socket (clients/control.h), from the side of a driver:
 * requests one after the other, each on a connection of its own, and the stream of events.
 */
#ifndef CLUSTERARPD_COROSYNC_CONTROL_LINK_H
#define CLUSTERARPD_COROSYNC_CONTROL_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

struct control_link;

struct control_link_handlers {
	/* The stream of events is there. A daemon that is stopped (SIGSTOP) still accepts it, but
	 * does not answer requests. */
	void (*up)(void *arg);
	/* An event of the daemon; borrowed. */
	void (*event)(const json_t *event, void *arg);
	/* The stream has ended, or there is none: no daemon. It is tried again every 50 ms; not
	 * called again while `error` (positive errno value) is the same. */
	void (*down)(int error, void *arg);
	void *arg;
};

/* NULL: no memory. `path`: of the socket. *handlers is copied. */
struct control_link *control_link_create(struct loop *loop, const char *path,
					 const struct control_link_handlers *handlers);
/* No callback is called any more. A callback may call this. */
void control_link_destroy(struct control_link *l);

/* Queue a request; its reference is taken. done() is called once, from the event loop, with the
 * answer (an object, borrowed), or NULL if there was none within `timeout_ms` (from the time it is
 * sent). Answers come in the order of the requests. False: done() is not called; the queue is full
 * (CONTROL_LINK_QUEUE_MAX), or there is no memory. */
#define CONTROL_LINK_QUEUE_MAX 64
bool control_link_ask(struct control_link *l, json_t *request, unsigned timeout_ms,
		      void (*done)(const json_t *answer, void *arg), void *arg);
/* How many requests are waiting for their answer. */
size_t control_link_pending(const struct control_link *l);

#endif
