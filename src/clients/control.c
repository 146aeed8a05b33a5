/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control: the UNIX socket; see control.h. */
#include "clients/control.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX 16
#define ENDLESS_MAX 8
#define LISTEN_MAX  64    /* connections that wait to be accepted */
#define REQUEST_MAX 65536 /* an order of the shares names every node */
#define REQUEST_MIN 4096  /* room for any other request */
#define CLIENT_MS   5000
#define GRACE_MS    20 /* a client without progress for this long may be closed for another */

struct control_client {
	struct control *control;
	int fd; /* -1: this slot is free */
	struct loop_io *io;
	struct loop_timer *timer;
	char *request; /* from malloc(), and its size */
	size_t used, room;
	uint64_t since; /* of the connection, or of the last progress in sending: monotonic ms */
	bool is_answering;
	struct control_source source; /* next NULL: `piece` is the whole answer */
	struct control_piece piece;   /* being sent; data NULL: none */
	size_t sent;
};

struct control {
	struct loop *loop;
	control_handler *handler;
	void *arg;
	char *path;
	dev_t device; /* of the socket at the path */
	ino_t inode;
	int fd;
	struct loop_io *io;
	struct loop_timer *retry; /* to accept connections again */
	struct control_client clients[CLIENTS_MAX];
};

static void close_client(struct control_client *c)
{
	loop_io_free(c->io);
	loop_timer_free(c->timer);
	if (c->fd >= 0)
		close(c->fd);
	free(c->piece.data);
	free(c->request);
	if (c->source.close)
		c->source.close(c->source.arg);
	*c = (struct control_client){ .control = c->control, .fd = -1 };
	if (c->control->io)
		loop_io_set(c->control->io, LOOP_READ);
}

static void on_timeout(void *arg)
{
	close_client(arg);
}

/* Close after reading what the client still sends (a request that was too long): if a socket is
 * closed with unread data, the peer may lose the reply. */
static void hang_up(struct control_client *c)
{
	char rest[4096];
	int tries = 64;

	while (tries-- && recv(c->fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	close_client(c);
}

/* Restart the timeout; an endless answer has none. */
static void expect_progress(struct control_client *c)
{
	c->since = loop_now();
	if (c->source.is_endless)
		loop_timer_cancel(c->timer);
	else
		loop_timer_set(c->timer, CLIENT_MS);
}

/* A client that may end the answer is listened to meanwhile. */
static unsigned sending(const struct control_client *c)
{
	return LOOP_WRITE | (c->source.finish ? LOOP_READ : 0);
}

/* True: the whole piece was sent. */
static bool send_piece(struct control_client *c)
{
	ssize_t n = send(c->fd, c->piece.data + c->sent, c->piece.len - c->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		close_client(c);
		return false;
	}
	if (n > 0) {
		c->sent += (size_t)n;
		expect_progress(c);
	}
	if (c->sent < c->piece.len) {
		loop_io_set(c->io, sending(c));
		return false;
	}
	free(c->piece.data);
	c->piece.data = NULL;
	return true;
}

static void set_piece(struct control_client *c, struct control_piece piece)
{
	c->piece = piece;
	c->sent = 0;
	loop_io_set(c->io, sending(c));
}

/* Until the source has a piece: for an endless answer, watch for the client's end of file, which
 * means that it is gone. Other clients may have closed their sending side. */
static void wait_for_source(struct control_client *c)
{
	loop_io_set(c->io, c->source.is_endless ? LOOP_READ : 0);
}

/* Send one piece at a time, so that other clients get their turn. */
static void go_on(struct control_client *c)
{
	struct control_piece piece = { 0 };
	enum control_next next = CONTROL_END;

	if (c->piece.data && !send_piece(c))
		return;
	if (c->source.next)
		next = c->source.next(&piece, c->source.arg);
	if (next == CONTROL_PIECE)
		set_piece(c, piece);
	else if (next == CONTROL_WAIT)
		wait_for_source(c);
	else
		hang_up(c);
}

void control_answer(struct control_client *c, char *line)
{
	size_t len = strlen(line);

	line[len] = '\n'; /* in place of the NUL */
	c->is_answering = true;
	set_piece(c, (struct control_piece){ line, len + 1 });
}

void control_stream(struct control_client *c, const struct control_source *source)
{
	c->is_answering = true;
	c->source = *source;
	control_wake(c);
}

void control_wake(struct control_client *c)
{
	expect_progress(c);
	loop_io_set(c->io, sending(c));
}

bool control_who(const struct control_client *c, pid_t *pid, uid_t *uid)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &who, &len))
		return false;
	*pid = who.pid;
	*uid = who.uid;
	return true;
}

bool control_has_room(const struct control *control)
{
	unsigned endless = 0;
	size_t i;

	for (i = 0; i < CLIENTS_MAX; i++)
		endless += control->clients[i].fd >= 0 && control->clients[i].source.is_endless;
	return endless < ENDLESS_MAX;
}

/* `request`: a complete line; NULL: it was too long. */
static void handle(struct control_client *c, const char *request)
{
	c->control->handler(c, request, c->control->arg);
	if (!c->is_answering)
		close_client(c);
}

/* Make room for more of the request, if there is none. False: out of memory. */
static bool grow_request(struct control_client *c)
{
	size_t room = c->room ? 2 * c->room : REQUEST_MIN;
	char *request;

	if (c->used < c->room)
		return true;
	request = realloc(c->request, room);
	if (!request)
		return false;
	c->request = request;
	c->room = room;
	return true;
}

static void read_request(struct control_client *c)
{
	ssize_t n = -1;
	char *end;

	errno = ENOMEM;
	if (grow_request(c))
		n = recv(c->fd, c->request + c->used, c->room - c->used, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_client(c);
		return;
	}
	end = memchr(c->request + c->used, '\n', (size_t)n);
	c->used += (size_t)n;
	if (end) {
		*end = '\0';
		handle(c, c->request);
	} else if (c->used == REQUEST_MAX) {
		handle(c, NULL);
	}
}

/* The client waits for the rest of its answer. */
static void finish(struct control_client *c)
{
	void (*source)(void *arg) = c->source.finish;

	c->source.finish = NULL;
	c->source.is_endless = false;
	source(c->source.arg);
	control_wake(c);
}

/* A client must not send anything after its request; it is discarded. */
static void read_end(struct control_client *c)
{
	char rest[4096];
	ssize_t n = recv(c->fd, rest, sizeof(rest), MSG_DONTWAIT);

	if (n == 0 && c->source.finish)
		finish(c);
	else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_client(c);
}

static void on_client(unsigned ready, void *arg)
{
	struct control_client *c = arg;

	if (!c->is_answering)
		read_request(c);
	else if (ready & LOOP_READ)
		read_end(c);
	else
		go_on(c);
}

/* Does the client wait for the daemon: has it sent something, or can it be sent to? */
static bool is_ready(const struct control_client *c)
{
	struct pollfd pfd = { .fd = c->fd, .events = c->is_answering ? POLLOUT : POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

/* Has the daemon been waiting for this client for GRACE_MS or longer? */
static bool is_stalled(const struct control_client *c)
{
	return !c->source.is_endless && (!c->is_answering || c->piece.data) &&
	       loop_now() - c->since >= GRACE_MS && !is_ready(c);
}

/* A free slot. If there is none, close the client that has stalled longest, in sending its request
 * or in reading its answer, and use its slot. NULL: no client has stalled. */
static struct control_client *find_slot(struct control *control)
{
	struct control_client *c, *oldest = NULL;
	size_t i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		c = &control->clients[i];
		if (c->fd < 0)
			return c;
		if (is_stalled(c) && (!oldest || c->since < oldest->since))
			oldest = c;
	}
	if (oldest)
		close_client(oldest);
	return oldest;
}

static void on_retry(void *arg)
{
	struct control *control = arg;

	loop_io_set(control->io, LOOP_READ);
}

/* Stop accepting for a moment; further clients wait in the kernel's backlog. */
static void listen_later(struct control *control)
{
	loop_io_set(control->io, 0);
	loop_timer_set(control->retry, GRACE_MS);
}

static void on_listen(unsigned ready, void *arg)
{
	struct control *control = arg;
	struct control_client *c = find_slot(control);

	(void)ready;
	if (c)
		c->fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!c || c->fd < 0) {
		listen_later(control);
		return;
	}
	c->since = loop_now();
	c->io = loop_io_add(control->loop, c->fd, LOOP_READ, on_client, c);
	c->timer = loop_timer_add(control->loop, on_timeout, c);
	if (!c->io || !c->timer) {
		close_client(c);
		return;
	}
	loop_timer_set(c->timer, CLIENT_MS);
	read_request(c); /* usually it has arrived already */
}

static bool is_listened_on(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes = fd < 0 || !connect(fd, (const struct sockaddr *)address, sizeof(*address)) ||
		   errno == EAGAIN;

	if (fd >= 0)
		close(fd);
	return yes;
}

static int bind_path(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t mask;
	int rc;

	if (!*path)
		return -EINVAL;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (!lstat(path, &st)) {
		if (!S_ISSOCK(st.st_mode))
			return -EEXIST;
		if (is_listened_on(&address))
			return -EADDRINUSE;
		unlink(path);
	}
	mask = umask(0117);
	rc = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	if (!rc && listen(fd, LISTEN_MAX) < 0)
		rc = -errno;
	return rc;
}

/* Without CAP_CHOWN the group can only be set to one of the process's groups; see privilege.h. */
static void give_to_group(const char *path)
{
	const struct group *group = getgrnam(CONTROL_GROUP);

	if (group && group->gr_gid != getegid() && chown(path, (uid_t)-1, group->gr_gid))
		return; /* a process that is not in the group keeps the socket for its user */
}

static int start(struct control *control, const char *path)
{
	struct stat st;
	int rc;

	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (control->fd < 0)
		return -errno;
	rc = bind_path(control->fd, path);
	if (rc)
		return rc;
	give_to_group(path);
	if (lstat(path, &st))
		return -errno;
	control->device = st.st_dev;
	control->inode = st.st_ino;
	control->path = strdup(path);
	control->io = loop_io_add(control->loop, control->fd, LOOP_READ, on_listen, control);
	control->retry = loop_timer_add(control->loop, on_retry, control);
	return control->path && control->io && control->retry ? 0 : -ENOMEM;
}

int control_open(struct loop *loop, const char *path, control_handler *handler, void *arg,
		 struct control **out)
{
	struct control *control = calloc(1, sizeof(*control));
	size_t i;
	int rc;

	if (!control)
		return -ENOMEM;
	*control = (struct control){ .loop = loop, .handler = handler, .arg = arg, .fd = -1 };
	for (i = 0; i < CLIENTS_MAX; i++)
		control->clients[i] = (struct control_client){ .control = control, .fd = -1 };
	rc = start(control, path);
	if (rc) {
		control_close(control);
		return rc;
	}
	*out = control;
	return 0;
}

/* Is the file at the path still this daemon's socket, and not another daemon's? */
static bool is_own(const struct control *control)
{
	struct stat st;

	return !lstat(control->path, &st) && st.st_dev == control->device &&
	       st.st_ino == control->inode;
}

void control_close(struct control *control)
{
	size_t i;

	if (!control)
		return;
	loop_timer_free(control->retry);
	loop_io_free(control->io);
	control->io = NULL;
	for (i = 0; i < CLIENTS_MAX; i++)
		close_client(&control->clients[i]);
	if (control->fd >= 0)
		close(control->fd);
	if (control->path && is_own(control))
		unlink(control->path);
	free(control->path);
	free(control);
}
