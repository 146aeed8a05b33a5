/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * background: --daemonize and --pid-file. The command returns once the daemon is ready; if the
 * daemon fails before, with the daemon's exit code.
 */
#ifndef CLUSTERARPD_DAEMON_BACKGROUND_H
#define CLUSTERARPD_DAEMON_BACKGROUND_H

#include <stdbool.h>

/* Fork. Returns 0 in the child, whose working directory is / from then on; the parent waits and
 * exits. -1 after a log line. */
int background_fork(void);
/* `path` made absolute, so that it stays valid after background_fork(); from malloc(). NULL: out of
 * memory. */
char *background_path(const char *path);
/* In the child: the daemon is ready, the parent may exit. `is_silent`: nothing more goes to stderr,
 * which is closed, so that whoever waits for its end need not. Without background_fork() this does
 * nothing. */
void background_ready(bool is_silent);
/* Write the process ID into the file `path`, which is removed when the process exits. -1 after a
 * log line. */
int background_write_pid(const char *path);

#endif
