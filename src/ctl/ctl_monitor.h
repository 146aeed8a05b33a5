/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_monitor: what happens, as it happens: a sentence a line, or with `json` an object.
 */
#ifndef CLUSTERARPD_CTL_CTL_MONITOR_H
#define CLUSTERARPD_CTL_CTL_MONITOR_H

#include <stdbool.h>

/* Until the user stops it, nobody reads it any more, or the daemon ends. The exit status. */
int ctl_monitor(const char *path, bool json);

#endif
