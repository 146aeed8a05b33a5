/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the UNIX socket that clusterarpctl speaks to.
 *
 * A client sends one line, gets its answer, and is gone:
 *   {"command": "status"}            ->  {"schema_version": 1, …}
 * Bounded: so many clients, so long a request, so many seconds without progress. Nothing
 * here blocks; a client that does not read costs its buffer alone.
 */
#ifndef CLUSTERARPD_IO_CONTROL_H
#define CLUSTERARPD_IO_CONTROL_H

#include "io/loop.h"

struct control;
struct control_client;

/* A request: a line without its end, NUL-terminated; NULL: one that was too long. To be
 * answered by one of the two functions below, before the return; else the connection is
 * closed. */
typedef void control_handler(struct control_client *client, const char *request, void *arg);

/* One line, without its end, from malloc(); it is taken over. */
void control_answer(struct control_client *client, char *line);

/* An answer in pieces, each from malloc(), so that a long one neither takes much memory
 * nor keeps anybody waiting. */
struct control_source {
	/* The next piece; "": not yet, control_wake() will tell; NULL: that was the last. */
	char *(*next)(void *arg);
	/* Called once, when the answer is complete or the client gone. */
	void (*close)(void *arg);
	void *arg;
};
void control_stream(struct control_client *client, const struct control_source *source);
/* The source has a piece now. */
void control_wake(struct control_client *client);

/* Listen at `path`, mode 0660. A socket that nobody listens at any more is replaced.
 * Negative errno: -EADDRINUSE somebody does listen; -EEXIST there is a file that is no
 * socket; -ENAMETOOLONG. */
int control_open(struct loop *loop, const char *path, control_handler *handler, void *arg,
		 struct control **out);
/* Closes all connections and removes the socket. */
void control_close(struct control *control);

#endif
