/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: what the service manager is told (sd_notify(3)), keeps for us and is asked.
 * Without one, nothing happens.
 */
#ifndef CLUSTERARPD_IO_NOTIFY_H
#define CLUSTERARPD_IO_NOTIFY_H

#include <stdbool.h>

/* READY=1, with STATUS. */
void notify_ready(const char *status);
void notify_status(const char *status);
void notify_stopping(void);
/* A reload begins; notify_ready() ends it, whatever came of it. */
void notify_reloading(void);
/* How often the service manager wants to hear from us, in milliseconds; 0: not at all. */
unsigned notify_watchdog_ms(void);
void notify_watchdog(void);

/* The manager's descriptor store (FileDescriptorStoreMax= of systemd.service(5)): it
 * outlives this process in a restart and in a crash, not a stop. Names are of letters,
 * digits and '-'. */

/* Keep a copy of `fd` under `name`. */
void notify_store(int fd, const char *name);
/* The descriptor that a run before us stored under `name`, from now on the caller's; -1:
 * none. */
int notify_take(const char *name);
/* Have the manager close what it keeps under `name`. */
void notify_forget(const char *name);
/* Close and forget all that was handed over and not taken. Returns how many. */
unsigned notify_discard_rest(void);
/* Is the stop that we are told of the first half of a restart? Asks the manager, over
 * D-Bus; false where that cannot be had. */
bool notify_is_restart(void);

/* Does the journal read our stderr (sd-daemon(3))? */
bool notify_stderr_is_journal(void);

#endif
