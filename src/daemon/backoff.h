/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backoff: holds up the exit after a failed start, so that a service manager that starts the daemon
 * again at once does not do so five times a second for ever.
 *
 * RestartSteps= of systemd.service(5) would also hold up the restart after a crash, because systemd
 * never resets its count; and systemd 252 does not have it.
 */
#ifndef CLUSTERARPD_DAEMON_BACKOFF_H
#define CLUSTERARPD_DAEMON_BACKOFF_H

#include <stdbool.h>

/* Wait: not at all without a service manager and after the first start, which somebody waits for;
 * then longer with each restart, ten seconds at most. False: a signal asked to stop. */
bool backoff_wait(void);

#endif
