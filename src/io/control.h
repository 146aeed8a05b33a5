/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control: the UNIX socket that clusterarpctl speaks to.
 *
 * A client sends one line, gets one line back, and is gone:
 *   {"command": "status"}            ->  {"schema_version": 1, …}
 * Bounded: so many clients, so long a request, so many seconds. Nothing here blocks;
 * a client that does not read costs its buffer alone.
 */
#ifndef CLUSTERARPD_IO_CONTROL_H
#define CLUSTERARPD_IO_CONTROL_H

#include "io/loop.h"

struct control;

/* The answer to `request` (a line without its end, NUL-terminated; NULL: one that was too
 * long): one line without
 * its end, from malloc(); NULL closes the connection. */
typedef char *control_handler(const char *request, void *arg);

/* Listen at `path`, mode 0660. A socket that nobody listens at any more is replaced.
 * Negative errno: -EADDRINUSE somebody does listen; -EEXIST there is a file that is no
 * socket; -ENAMETOOLONG. */
int control_open(struct loop *loop, const char *path, control_handler *handler, void *arg,
		 struct control **out);
/* Closes all connections and removes the socket. */
void control_close(struct control *control);

#endif
