/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control_link: requests to the daemon, and its events; see control_link.h. */
#include "corosync/control_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RETRY_MS   50
#define BACKLOG_MS 5 /* the daemon's queue of connections is full */
#define ANSWER_MAX (16 * 1024 * 1024)
#define READ_SIZE  65536

/* A connection, and what has been read of the next line. */
struct connection {
	int fd; /* -1: none */
	struct loop_io *io;
	char *data; /* from malloc(), and its size */
	size_t used, room;
};

struct request {
	char *text; /* a line */
	size_t len, sent;
	unsigned timeout_ms;
	void (*done)(const json_t *answer, void *arg);
	void *arg;
};

struct control_link {
	struct loop *loop;
	struct sockaddr_un address;
	struct control_link_handlers handlers;
	bool *is_gone; /* to be set when it is destroyed from within a callback; or NULL */

	struct request queue[CONTROL_LINK_QUEUE_MAX]; /* a ring; the first is under way */
	size_t first, count;
	struct connection answer;
	bool is_under_way;
	struct loop_timer *next;    /* the first request is to be sent */
	struct loop_timer *timeout; /* of the first request */

	struct connection stream;
	struct loop_timer *retry; /* of the stream */
	int told;                 /* what down() has said last; 0: nothing since up() */
};

/* --- connections --- */

static void close_connection(struct connection *c)
{
	loop_io_free(c->io);
	if (c->fd >= 0)
		close(c->fd);
	free(c->data);
	*c = (struct connection){ .fd = -1 };
}

/* 0 or a positive errno value; EAGAIN: the daemon does not accept at the moment. */
static int open_connection(struct control_link *l, struct connection *c, loop_io_callback *cb)
{
	int error = 0;

	if (!l->address.sun_path[0])
		return ENAMETOOLONG;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return errno;
	if (connect(c->fd, (const struct sockaddr *)&l->address, sizeof(l->address)) < 0)
		error = errno;
	if (!error) {
		c->io = loop_io_add(l->loop, c->fd, LOOP_READ, cb, l);
		error = c->io ? 0 : ENOMEM;
	}
	if (error)
		close_connection(c);
	return error;
}

/* Read what there is, up to READ_SIZE. > 0; 0: nothing for now; or a negative errno value, also at
 * the end. */
static ssize_t fill(struct connection *c)
{
	ssize_t n;

	if (c->room - c->used < READ_SIZE) {
		size_t room = c->room ? 2 * c->room : 2 * READ_SIZE;
		char *data = room > ANSWER_MAX ? NULL : realloc(c->data, room);

		if (!data)
			return -ENOMEM;
		c->data = data;
		c->room = room;
	}
	n = recv(c->fd, c->data + c->used, READ_SIZE, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		return -ECONNRESET;
	c->used += (size_t)n;
	return n;
}

/* The next whole line as an object; NULL: none yet, or (*is_bad) it is none. */
static json_t *take_line(struct connection *c, bool *is_bad)
{
	char *end = c->used ? memchr(c->data, '\n', c->used) : NULL;
	json_t *line;

	if (!end)
		return NULL;
	line = json_loadb(c->data, (size_t)(end - c->data), 0, NULL);
	c->used -= (size_t)(end + 1 - c->data);
	memmove(c->data, end + 1, c->used);
	if (json_is_object(line))
		return line;
	json_decref(line);
	*is_bad = true;
	return NULL;
}

/* --- requests --- */

static void go_on(struct control_link *l)
{
	if (l->count && !l->is_under_way)
		loop_timer_set(l->next, 0);
}

/* The first request has its answer (its reference is taken), or gets none. */
static void finish(struct control_link *l, json_t *answer)
{
	struct request r = l->queue[l->first];
	bool is_gone = false;

	close_connection(&l->answer);
	loop_timer_cancel(l->timeout);
	loop_timer_cancel(l->next);
	l->is_under_way = false;
	l->first = (l->first + 1) % CONTROL_LINK_QUEUE_MAX;
	l->count--;
	free(r.text);
	l->is_gone = &is_gone;
	r.done(answer, r.arg);
	json_decref(answer);
	if (is_gone)
		return;
	l->is_gone = NULL;
	go_on(l);
}

static void on_timeout(void *arg)
{
	finish(arg, NULL);
}

/* False: the connection has failed. */
static bool send_request(struct control_link *l)
{
	struct request *r = &l->queue[l->first];
	ssize_t n = send(l->answer.fd, r->text + r->sent, r->len - r->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	r->sent += (size_t)n;
	if (r->sent == r->len)
		loop_io_set(l->answer.io, LOOP_READ);
	return true;
}

static void on_answer(unsigned ready, void *arg)
{
	struct control_link *l = arg;
	bool is_bad = false;
	ssize_t n = 0;
	json_t *answer;

	if (ready & LOOP_WRITE && !send_request(l)) {
		finish(l, NULL);
		return;
	}
	if (ready & LOOP_READ)
		n = fill(&l->answer);
	answer = take_line(&l->answer, &is_bad);
	if (answer || is_bad || n < 0)
		finish(l, answer);
}

/* Send the first request; its time begins. */
static void on_next(void *arg)
{
	struct control_link *l = arg;
	int error = open_connection(l, &l->answer, on_answer);

	if (!l->is_under_way)
		loop_timer_set(l->timeout, l->queue[l->first].timeout_ms);
	l->is_under_way = true;
	if (!error)
		loop_io_set(l->answer.io, LOOP_WRITE);
	else if (error == EAGAIN)
		loop_timer_set(l->next, BACKLOG_MS);
	else
		finish(l, NULL);
}

bool control_link_ask(struct control_link *l, json_t *request, unsigned timeout_ms,
		      void (*done)(const json_t *answer, void *arg), void *arg)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;

	json_decref(request);
	if (!text || l->count == CONTROL_LINK_QUEUE_MAX) {
		free(text);
		return false;
	}
	text[len++] = '\n'; /* in place of the NUL */
	l->queue[(l->first + l->count++) % CONTROL_LINK_QUEUE_MAX] =
		(struct request){ text, len, 0, timeout_ms, done, arg };
	go_on(l);
	return true;
}

size_t control_link_pending(const struct control_link *l)
{
	return l->count;
}

/* --- the stream of events --- */

static void lose_stream(struct control_link *l, int error)
{
	close_connection(&l->stream);
	loop_timer_set(l->retry, RETRY_MS);
	if (l->told == error)
		return;
	l->told = error;
	l->handlers.down(error, l->handlers.arg);
}

/* False: *l is gone. */
static bool tell_event(struct control_link *l, const json_t *event)
{
	bool is_gone = false;

	l->is_gone = &is_gone;
	l->handlers.event(event, l->handlers.arg);
	if (!is_gone)
		l->is_gone = NULL;
	return !is_gone;
}

static void on_stream(unsigned ready, void *arg)
{
	struct control_link *l = arg;
	ssize_t n = fill(&l->stream);
	int error = n < 0 ? (int)-n : 0;
	bool is_bad = false, is_there = true;
	json_t *line;

	(void)ready;
	while (is_there && error != EBUSY && (line = take_line(&l->stream, &is_bad))) {
		if (json_object_get(line, "error")) /* too many clients monitor */
			error = EBUSY;
		else
			is_there = tell_event(l, line);
		json_decref(line);
	}
	if (is_there && (error || is_bad))
		lose_stream(l, is_bad ? EBADMSG : error);
}

static void on_retry(void *arg)
{
	static const char request[] = "{\"command\":\"monitor\"}\n";
	const ssize_t len = sizeof(request) - 1;
	struct control_link *l = arg;
	int error = open_connection(l, &l->stream, on_stream);

	if (!error && send(l->stream.fd, request, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) != len)
		error = EPIPE;
	if (error) {
		lose_stream(l, error);
		return;
	}
	l->told = 0;
	l->handlers.up(l->handlers.arg);
}

/* --- see control_link.h --- */

struct control_link *control_link_create(struct loop *loop, const char *path,
					 const struct control_link_handlers *handlers)
{
	struct control_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->loop = loop;
	l->handlers = *handlers;
	l->answer.fd = l->stream.fd = -1;
	l->address.sun_family = AF_UNIX;
	if (strlen(path) < sizeof(l->address.sun_path))
		memcpy(l->address.sun_path, path, strlen(path));
	l->next = loop_timer_add(loop, on_next, l);
	l->timeout = loop_timer_add(loop, on_timeout, l);
	l->retry = loop_timer_add(loop, on_retry, l);
	if (!l->next || !l->timeout || !l->retry) {
		control_link_destroy(l);
		return NULL;
	}
	loop_timer_set(l->retry, 0);
	return l;
}

void control_link_destroy(struct control_link *l)
{
	if (!l)
		return;
	if (l->is_gone)
		*l->is_gone = true;
	close_connection(&l->answer);
	close_connection(&l->stream);
	loop_timer_free(l->next);
	loop_timer_free(l->timeout);
	loop_timer_free(l->retry);
	for (; l->count; l->count--) {
		free(l->queue[l->first].text);
		l->first = (l->first + 1) % CONTROL_LINK_QUEUE_MAX;
	}
	free(l);
}
