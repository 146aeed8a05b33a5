/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: messages to the service manager (sd_notify(3)), its descriptor store, and queries to it.
 * Without a service manager the functions do nothing.
 */
#ifndef CLUSTERARPD_IO_NOTIFY_H
#define CLUSTERARPD_IO_NOTIFY_H

#include <stdbool.h>

/* READY=1, with STATUS. */
void notify_ready(const char *status);
void notify_status(const char *status);
void notify_stopping(void);
/* A reload begins; notify_ready() ends it, whether it succeeded or not. */
void notify_reloading(void);
/* The watchdog timeout of the service manager in milliseconds; 0: no watchdog. */
unsigned notify_watchdog_ms(void);
void notify_watchdog(void);

/* The manager's descriptor store (FileDescriptorStoreMax= of systemd.service(5)): descriptors in it
 * survive a restart and a crash of this process, but not a stop. Names consist of letters, digits
 * and '-'. */

/* Keep a copy of `fd` under `name`. */
void notify_store(int fd, const char *name);
/* The descriptor that an earlier run stored under `name`, owned by the caller from now on; -1:
 * none. */
int notify_take(const char *name);
/* Remove the descriptors under `name` from the store. */
void notify_forget(const char *name);
/* Close, and remove from the store, all passed descriptors that were not taken. Returns how
 * many. */
unsigned notify_discard_rest(void);
/* True if the current stop is the first half of a restart. Asks the manager over D-Bus; false if
 * that is not possible. */
bool notify_is_restart(void);
/* True if a service manager expects notifications. */
bool notify_is_expected(void);
/* How often the manager has started this service again by itself since somebody started it
 * (NRestarts of systemctl show). Asks over D-Bus; -1 if that is not possible. */
int notify_restarts(void);

/* True if the journal reads stderr (sd-daemon(3)). */
bool notify_stderr_is_journal(void);

#endif
