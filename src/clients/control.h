/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the UNIX socket that clusterarpctl connects to.
 *
 * A client sends one line and gets its answer; then the connection is closed:
 *   {"command": "status"}            ->  {"schema_version": 1, …}
 * Limits: 16 clients, half of them with endless answers; 64 KiB and 5 seconds for a request;
 * 5 seconds without progress for an answer that is not endless. Nothing here blocks; a client that
 * does not read costs no more than its buffer. When all slots are taken, the client that has
 * stalled longest is closed for the next one; clients with endless answers are not.
 */
#ifndef CLUSTERARPD_CLIENTS_CONTROL_H
#define CLUSTERARPD_CLIENTS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "io/loop.h"

/* The group that may use the socket. */
#define CONTROL_GROUP "clusterarpd"

struct control;
struct control_client;

/* `request`: a line without its newline, NUL-terminated; NULL: it was too long. The handler answers
 * with control_answer() or control_stream() before it returns; else the connection is closed. */
typedef void control_handler(struct control_client *client, const char *request, void *arg);

/* Answer with one line, without its newline, from malloc(); `line` is taken over. */
void control_answer(struct control_client *client, char *line);

/* An answer in pieces: a long answer then needs little memory and does not delay other clients. */
enum control_next {
	CONTROL_PIECE, /* *piece is set */
	CONTROL_WAIT,  /* no piece yet: ask again after control_wake() */
	CONTROL_END,   /* the answer is complete */
};

struct control_piece {
	char *data; /* from malloc(); taken over */
	size_t len;
};

struct control_source {
	enum control_next (*next)(struct control_piece *piece, void *arg);
	/* Called once, when the answer is complete or the client is gone. */
	void (*close)(void *arg);
	/* The client has closed its sending side: it wants the rest of an endless answer, which is
	 * not endless from then on. NULL: such a client is gone. */
	void (*finish)(void *arg);
	void *arg;
	bool is_endless; /* no timeout, neither for the pieces nor for the reader */
};
void control_stream(struct control_client *client, const struct control_source *source);
/* Is there room for one more endless answer? */
bool control_has_room(const struct control *control);
/* The process at the other end, as it connected. False: it is not known. */
bool control_who(const struct control_client *client, pid_t *pid, uid_t *uid);
/* The source has a piece now. */
void control_wake(struct control_client *client);

/* Listen on `path`, mode 0660, with the group CONTROL_GROUP if it exists and the process is a
 * member. A socket on which no process listens any more is replaced. Negative errno: -EADDRINUSE a
 * process listens on it; -EEXIST the file is not a socket; -ENAMETOOLONG. */
int control_open(struct loop *loop, const char *path, control_handler *handler, void *arg,
		 struct control **out);
/* Closes all connections and removes the socket. */
void control_close(struct control *control);

#endif
