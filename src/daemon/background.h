/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * background: --daemonize and --pid-file. The command returns once all is set, with the
 * exit code that the daemon would have given had it failed before.
 */
#ifndef CLUSTERARPD_DAEMON_BACKGROUND_H
#define CLUSTERARPD_DAEMON_BACKGROUND_H

/* Fork. In the child, whose directory is / from then on, 0; the parent waits and exits.
 * -1 after a log line. */
int background_fork(void);
/* `path` as it is after that; from malloc(), NULL: no memory. */
char *background_path(const char *path);
/* In the child: all is set, let the parent go. Without background_fork() nothing. */
void background_ready(void);
/* Write the process ID into `path`, which goes again when the process exits. -1 after a
 * log line. */
int background_write_pid(const char *path);

#endif
