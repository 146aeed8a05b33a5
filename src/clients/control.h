/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the UNIX socket that clusterarpctl speaks to.
 *
 * A client sends one line, gets its answer, and is gone:
 *   {"command": "status"}            ->  {"schema_version": 1, …}
 * Bounded: 16 clients, half of them with endless answers; 4 KiB a request and 5 seconds
 * for it; 5 seconds without progress of any other answer. Nothing here blocks;
 * a client that does not read costs its buffer alone. With all places taken, whoever has
 * been longest about its request, or about taking an answer that has an end, makes room for
 * the next.
 */
#ifndef CLUSTERARPD_CLIENTS_CONTROL_H
#define CLUSTERARPD_CLIENTS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "io/loop.h"

/* Who may ask. */
#define CONTROL_GROUP "clusterarpd"

struct control;
struct control_client;

/* A request: a line without its end, NUL-terminated; NULL: one that was too long. To be
 * answered by one of the two functions below, before the return; else the connection is
 * closed. */
typedef void control_handler(struct control_client *client, const char *request, void *arg);

/* One line, without its end, from malloc(); it is taken over. */
void control_answer(struct control_client *client, char *line);

/* An answer in pieces, so that a long one neither takes much memory nor keeps anybody
 * waiting. */
enum control_next {
	CONTROL_PIECE, /* there it is */
	CONTROL_WAIT,  /* not yet; control_wake() will tell */
	CONTROL_END,   /* there is no more */
};

struct control_piece {
	char *data; /* from malloc(); taken over */
	size_t len;
};

struct control_source {
	enum control_next (*next)(struct control_piece *piece, void *arg);
	/* Called once, when the answer is complete or the client gone. */
	void (*close)(void *arg);
	void *arg;
	bool is_endless; /* its pieces, and its reader, may take as long as they like */
};
void control_stream(struct control_client *client, const struct control_source *source);
/* May one more endless answer begin? */
bool control_has_room(const struct control *control);
/* The source has a piece now. */
void control_wake(struct control_client *client);

/* Listen at `path`, mode 0660, of CONTROL_GROUP where that is there and the process is in
 * it. A socket that nobody listens at any more is replaced. Negative errno: -EADDRINUSE
 * somebody does listen; -EEXIST there is a file that is no socket; -ENAMETOOLONG. */
int control_open(struct loop *loop, const char *path, control_handler *handler, void *arg,
		 struct control **out);
/* Closes all connections and removes the socket. */
void control_close(struct control *control);

#endif
