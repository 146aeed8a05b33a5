/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_ask: communication with the daemon; see ctl_ask.h. */
#include "ctl/common/ctl_ask.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "ctl/common/ctl_text.h"

#define TIMEOUT_SECONDS 10
#define READ_BYTES      65536
#define UNUSED_MAX      (64u << 20) /* bytes: no answer has a longer line */

double ctl_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Not 0, which is no limit. */
static struct timeval to_timeval(double seconds)
{
	struct timeval t = { .tv_sec = (time_t)seconds };

	t.tv_usec = (suseconds_t)((seconds - (double)t.tv_sec) * 1e6) + 1;
	return t;
}

/* A connected socket, or -1 with errno. Connecting waits while the daemon's queue is full. */
static int connect_to(const char *path, double seconds)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = to_timeval(seconds);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	strcpy(address.sun_path, path); /* the caller has checked its length */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* Errors are ignored: a daemon that refuses at once may have closed its side already, and its
 * answer can still be read. */
static void send_request(int fd, const json_t *request)
{
	char *line = ctl_must(json_dumps(request, JSON_COMPACT));
	size_t len = strlen(line), sent = 0;
	ssize_t n = 0;

	line[len++] = '\n'; /* in place of the NUL */
	while (sent < len && n >= 0) {
		n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	}
	free(line);
}

static bool open_within(struct ctl_answer *a, const char *path, const json_t *request,
			double seconds)
{
	*a = (struct ctl_answer){ .fd = connect_to(path, seconds) };
	if (a->fd < 0) {
		errno = errno == EAGAIN ? ETIMEDOUT : errno;
		return false;
	}
	send_request(a->fd, request);
	return true;
}

bool ctl_open(struct ctl_answer *a, const char *path, const json_t *request)
{
	return open_within(a, path, request, TIMEOUT_SECONDS);
}

void ctl_close(struct ctl_answer *a)
{
	int error = errno;

	close(a->fd);
	free(a->memory);
	errno = error;
}

/* Make room for a read after the bytes that are not used yet. */
static void make_room(struct ctl_answer *a)
{
	if (a->len && a->data != a->memory)
		memmove(a->memory, a->data, a->len);
	if (a->size - a->len < READ_BYTES) {
		a->size = 2 * a->size + READ_BYTES;
		a->memory = ctl_must(realloc(a->memory, a->size));
	}
	a->data = a->memory;
}

/* Have the next read end in time. False: it is over. */
static bool limit_read(const struct ctl_answer *a)
{
	struct timeval left;

	if (a->end <= 0)
		return true;
	if (ctl_now() >= a->end)
		return false;
	left = to_timeval(a->end - ctl_now());
	setsockopt(a->fd, SOL_SOCKET, SO_RCVTIMEO, &left, sizeof(left));
	return true;
}

ssize_t ctl_fill(struct ctl_answer *a)
{
	ssize_t n;

	if (!limit_read(a)) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (a->len > UNUSED_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	make_room(a);
	do
		n = read(a->fd, a->data + a->len, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		a->len += (size_t)n;
	else if (n < 0 && errno == EAGAIN)
		errno = ETIMEDOUT;
	return n;
}

void ctl_use(struct ctl_answer *a, size_t len)
{
	a->data += len;
	a->len -= len;
}

char *ctl_take_line(struct ctl_answer *a, bool end)
{
	const char *newline = a->len ? memchr(a->data, '\n', a->len) : NULL;
	size_t len = newline ? (size_t)(newline - a->data) : a->len;
	char *line;

	if (!newline && !(end && a->len))
		return NULL;
	line = ctl_must(malloc(len + 1));
	memcpy(line, a->data, len);
	line[len] = '\0';
	ctl_use(a, newline ? len + 1 : len);
	return line;
}

/* Read until there is a complete line, or end of file. False, with errno: there is nothing. */
static bool await_line(struct ctl_answer *a)
{
	size_t seen;
	ssize_t n;

	do {
		seen = a->len;
		n = ctl_fill(a);
	} while (n > 0 && !memchr(a->data + seen, '\n', (size_t)n));
	if (!n)
		errno = ECONNRESET;
	return n > 0 || (!n && a->len);
}

static json_t *read_answer(struct ctl_answer *a)
{
	json_t *answer = NULL;
	char *line;

	if (await_line(a)) {
		line = ctl_take_line(a, true);
		answer = json_loads(line, 0, NULL);
		free(line);
		errno = EPROTO;
	}
	ctl_close(a);
	return answer;
}

json_t *ctl_ask(const char *path, const json_t *request)
{
	return ctl_ask_within(path, request, TIMEOUT_SECONDS);
}

json_t *ctl_ask_within(const char *path, const json_t *request, double seconds)
{
	double end = ctl_now() + seconds;
	struct ctl_answer a;

	if (!open_within(&a, path, request, seconds))
		return NULL;
	a.end = end;
	return read_answer(&a);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

static void print_line(const char *text)
{
	ctl_put_clean(stderr, text, false);
	putc('\n', stderr);
}

/* Print all errors of a file, except `said`, which was printed already. */
static void print_messages(const json_t *messages, const char *said)
{
	bool is_said = false;
	json_t *message;
	size_t i;

	json_array_foreach (messages, i, message) {
		if (!json_is_string(message))
			continue;
		if (is_said || !ends_with(json_string_value(message), said))
			print_line(json_string_value(message));
		else
			is_said = true;
	}
}

bool ctl_is_refused(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const char *file = json_string_value(json_object_get(error, "file"));
	const char *message = ctl_string(error, "message");

	if (!error)
		return false;
	fputs("clusterarpctl: refused: ", stderr);
	if (file) {
		ctl_put_clean(stderr, file, false);
		if (ctl_integer(error, "line"))
			fprintf(stderr, ":%" JSON_INTEGER_FORMAT, ctl_integer(error, "line"));
		fputs(": ", stderr);
	}
	print_line(message);
	print_messages(json_object_get(error, "messages"), message);
	return true;
}

/* Who may connect to the socket. Without permission to search its directory its group cannot be
 * known: then it is the one that the daemon looks for. */
static void print_permission(const char *path)
{
	struct stat st = { 0 };
	bool is_known = !stat(path, &st);
	const struct group *group = is_known ? getgrgid(st.st_gid) : NULL;
	const char *name = group ? group->gr_name : "clusterarpd";

	if (is_known && (!group || !st.st_gid || !(st.st_mode & S_IWGRP)))
		fputs("clusterarpctl: run it as root\n", stderr);
	else
		fprintf(stderr,
			"clusterarpctl: run it as root, or join the group %s and log in again: "
			"usermod -aG %s USER\n",
			name, name);
}

int ctl_no_daemon(const char *path)
{
	int error = errno;

	fprintf(stderr, "clusterarpctl: no daemon answers at %s: %s\n", path, strerror(error));
	if (error == EACCES)
		print_permission(path);
	return EXIT_NO_DAEMON;
}

json_t *ctl_ask_or_say(const char *path, json_t *request)
{
	json_t *answer = ctl_ask(path, ctl_must(request));

	if (!answer)
		ctl_no_daemon(path);
	json_decref(request);
	return answer;
}

int ctl_ask_and_print(const char *path, json_t *request, bool json,
		      void (*print)(const json_t *answer))
{
	json_t *answer = ctl_ask_or_say(path, request);
	bool is_refused;

	if (!answer)
		return EXIT_NO_DAEMON;
	if (json)
		ctl_print_json(answer);
	is_refused = ctl_is_refused(answer);
	if (!json && !is_refused)
		print(answer);
	json_decref(answer);
	return is_refused ? EXIT_REFUSED : EXIT_ANSWERED;
}

int ctl_daemon_ended(void)
{
	fputs("clusterarpctl: the daemon has ended\n", stderr);
	return EXIT_NO_DAEMON;
}
