/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_daemon: a control socket in the test's own event loop, for the tests of what talks to one.
 * The test decides on each answer.
 */
#ifndef TESTS_FAKE_DAEMON_H
#define TESTS_FAKE_DAEMON_H

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/loop.h"

#define FAKE_CLIENTS 16

struct fake_daemon;
struct fake_client {
	struct fake_daemon *daemon;
	int fd; /* -1: free */
	struct loop_io *io;
	char line[65536];
	size_t used;
};

struct fake_daemon {
	struct loop *loop;
	char path[64];
	int fd;
	struct loop_io *io;
	struct fake_client clients[FAKE_CLIENTS];
	struct fake_client *stream; /* NULL: nobody monitors */
	/* The answer to a request, from malloc(); NULL: the client waits for it in vain. "": the
	 * connection is closed without one. */
	char *(*answer)(const char *command, const json_t *request, void *arg);
	void *arg;
	unsigned accepted, open, open_max; /* requests, without the stream */
};

static void fake_close(struct fake_client *c)
{
	if (c->fd < 0)
		return;
	loop_io_free(c->io);
	close(c->fd);
	if (c->daemon->stream == c)
		c->daemon->stream = NULL;
	else
		c->daemon->open--;
	c->fd = -1;
}

/* At most what the socket's buffer takes. A client that is gone does not read it. */
static void fake_send(struct fake_client *c, const char *text)
{
	if (send(c->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		assert_int_equal(errno, EPIPE);
}

static void fake_take(struct fake_client *c)
{
	json_t *request = json_loads(c->line, 0, NULL);
	const char *command = json_string_value(json_object_get(request, "command"));
	char *answer;

	assert_non_null(command);
	if (!strcmp(command, "monitor")) {
		c->daemon->stream = c;
		c->daemon->open--;
		json_decref(request);
		return;
	}
	answer = c->daemon->answer(command, request, c->daemon->arg);
	json_decref(request);
	if (answer && *answer)
		fake_send(c, answer);
	if (answer)
		fake_close(c);
	free(answer);
}

static void fake_on_client(unsigned ready, void *arg)
{
	struct fake_client *c = arg;
	ssize_t n = recv(c->fd, c->line + c->used, sizeof(c->line) - 1 - c->used, MSG_DONTWAIT);

	(void)ready;
	if (n <= 0) {
		fake_close(c);
		return;
	}
	c->used += (size_t)n;
	c->line[c->used] = '\0';
	if (strchr(c->line, '\n'))
		fake_take(c);
}

static void fake_on_accept(unsigned ready, void *arg)
{
	struct fake_daemon *d = arg;
	struct fake_client *c = d->clients;

	(void)ready;
	while (c < d->clients + FAKE_CLIENTS && c->fd >= 0)
		c++;
	assert_true(c < d->clients + FAKE_CLIENTS);
	c->fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(c->fd >= 0);
	c->used = 0;
	c->daemon = d;
	c->io = loop_io_add(d->loop, c->fd, LOOP_READ, fake_on_client, c);
	d->accepted++;
	if (++d->open > d->open_max)
		d->open_max = d->open;
}

/* The daemon begins to listen. `path`: see fake_path(). */
static void fake_start(struct fake_daemon *d)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, d->path, strlen(d->path));
	unlink(d->path);
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(d->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(d->fd, 64), 0);
	d->io = loop_io_add(d->loop, d->fd, LOOP_READ, fake_on_accept, d);
	for (size_t i = 0; i < FAKE_CLIENTS; i++)
		d->clients[i].fd = -1;
}

/* It dies. */
static void fake_stop(struct fake_daemon *d)
{
	if (d->fd < 0)
		return;
	for (size_t i = 0; i < FAKE_CLIENTS; i++)
		fake_close(&d->clients[i]);
	loop_io_free(d->io);
	close(d->fd);
	d->fd = -1;
	unlink(d->path);
}

/* As if SIGSTOP: connections are accepted by the kernel alone. */
static void fake_freeze(struct fake_daemon *d, bool is_frozen)
{
	loop_io_set(d->io, is_frozen ? 0 : LOOP_READ);
	for (size_t i = 0; i < FAKE_CLIENTS; i++)
		if (d->clients[i].fd >= 0)
			loop_io_set(d->clients[i].io, is_frozen ? 0 : LOOP_READ);
}

static void fake_create(struct fake_daemon *d, struct loop *loop)
{
	d->loop = loop;
	d->fd = -1;
	snprintf(d->path, sizeof(d->path), "/tmp/fake_daemon.%ld", (long)getpid());
}

/* --- running the loop --- */

struct fake_wait {
	struct loop *loop;
	struct loop_timer *timer;
	bool (*is_true)(void *arg);
	void *arg;
	unsigned left;
	bool was_true;
};

static void fake_look(void *arg)
{
	struct fake_wait *w = arg;

	w->was_true = w->is_true && w->is_true(w->arg);
	if (w->was_true || !w->left--)
		loop_stop(w->loop);
	else
		loop_timer_set(w->timer, 1);
}

/* Run until is_true(arg), at most for `ms` rounds of the loop, of a millisecond or more: on a busy
 * machine as many as on an idle one. False: it never was. */
static bool fake_run(struct loop *loop, unsigned ms, bool (*is_true)(void *arg), void *arg)
{
	struct fake_wait w = { .loop = loop, .is_true = is_true, .arg = arg, .left = ms };

	w.timer = loop_timer_add(loop, fake_look, &w);
	loop_timer_set(w.timer, 0);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(w.timer);
	return w.was_true;
}

#endif
