/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_ask: the conversation with the daemon: one request line, then the answer, which is one
 * line of JSON, or goes on until either side ends it (see io/control.h).
 */
#ifndef CLUSTERARPD_CTL_CTL_ASK_H
#define CLUSTERARPD_CTL_CTL_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

enum { EXIT_ANSWERED = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

#define CTL_PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)

/* What has come and is not used yet: `len` bytes at `data`. */
struct ctl_answer {
	int fd;
	char *data;
	size_t len;
	/* private */
	char *memory;
	size_t size;
};

/* Connect to the socket at `path`, which is shorter than CTL_PATH_SIZE, and send the request.
 * False, with errno: no daemon there. */
bool ctl_open(struct ctl_answer *answer, const char *path, const json_t *request);
void ctl_close(struct ctl_answer *answer);
/* Wait for more bytes. As read(2). */
ssize_t ctl_fill(struct ctl_answer *answer);
/* The first `len` bytes have been used. */
void ctl_use(struct ctl_answer *answer, size_t len);
/* Take one line, without its end, out of what has come; at the `end` of all, also one that lacks
 * it. NULL: not yet. To be freed. */
char *ctl_take_line(struct ctl_answer *answer, bool end);

/* The answer that is one line. NULL, with errno: no daemon, or no answer of its. */
json_t *ctl_ask(const char *path, const json_t *request);

/* Is the answer a refusal? Then stderr has been told why. */
bool ctl_is_refused(const json_t *answer);
/* stderr gets the reason why nobody answers; returns the exit status for it. */
int ctl_no_daemon(const char *path);
int ctl_daemon_ended(void);

#endif
