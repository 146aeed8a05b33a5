/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_ask: communication with the daemon: one request line, then the answer, which is one line of
 * JSON, or goes on until either side closes the connection (see clients/control.h).
 */
#ifndef CLUSTERARPD_CTL_COMMON_CTL_ASK_H
#define CLUSTERARPD_CTL_COMMON_CTL_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

enum { EXIT_ANSWERED = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

#define CTL_PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)

/* Received and not used yet: `len` bytes at `data`. */
struct ctl_answer {
	int fd;
	char *data;
	size_t len;
	/* private */
	char *memory;
	size_t size;
	double end; /* ctl_now(); 0: no limit but that of each wait */
};

/* Monotonic time, in seconds. */
double ctl_now(void);

/* Connect to the socket `path`, which must be shorter than CTL_PATH_SIZE, and send the request.
 * False, with errno: cannot connect. */
bool ctl_open(struct ctl_answer *answer, const char *path, const json_t *request);
void ctl_close(struct ctl_answer *answer);
/* Wait for more bytes. Returns as read(2); errno is ETIMEDOUT after 10 seconds without any. */
ssize_t ctl_fill(struct ctl_answer *answer);
/* Remove the first `len` bytes: they have been used. */
void ctl_use(struct ctl_answer *answer, size_t len);
/* Take one line, without its newline, from the received bytes. `end`: nothing more will come, so
 * take a last line without a newline, too. NULL: there is no complete line. To be freed. */
char *ctl_take_line(struct ctl_answer *answer, bool end);

/* Send a request and return its answer of one line. NULL, with errno: no daemon, or no valid
 * answer. */
json_t *ctl_ask(const char *path, const json_t *request);
/* The same, and gives up (ETIMEDOUT) after this time, even if bytes go on coming. */
json_t *ctl_ask_within(const char *path, const json_t *request, double seconds);

/* As ctl_ask(), but takes ownership of the request, and says on stderr why there is no answer. */
json_t *ctl_ask_or_say(const char *path, json_t *request);
/* Likewise, and prints the answer: by `print`, or with `json` as JSON. Returns the exit status. */
int ctl_ask_and_print(const char *path, json_t *request, bool json,
		      void (*print)(const json_t *answer));

/* Is the answer a refusal? Then the reason is printed to stderr. */
bool ctl_is_refused(const json_t *answer);
/* Print to stderr why there is no answer: no daemon (errno), and who may ask if it is EACCES; or it
 * closed the connection. Both return the exit status. */
int ctl_no_daemon(const char *path);
int ctl_daemon_ended(void);

#endif
