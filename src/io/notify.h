/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: what the service manager is told (sd_notify(3)). Without one, nothing
 * happens.
 */
#ifndef CLUSTERARPD_IO_NOTIFY_H
#define CLUSTERARPD_IO_NOTIFY_H

#include <stdbool.h>

/* READY=1, with STATUS. */
void notify_ready(const char *status);
void notify_status(const char *status);
void notify_stopping(void);
/* How often the service manager wants to hear from us, in milliseconds; 0: not at all. */
unsigned notify_watchdog_ms(void);
void notify_watchdog(void);
/* Does the journal read our stderr (sd-daemon(3))? */
bool notify_stderr_is_journal(void);

#endif
