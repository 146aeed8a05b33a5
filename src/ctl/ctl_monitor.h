/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_monitor: prints events as they happen, one per line.
 */
#ifndef CLUSTERARPD_CTL_CTL_MONITOR_H
#define CLUSTERARPD_CTL_CTL_MONITOR_H

#include "ctl/common/ctl_command.h"

/* Print events as sentences, or with --json as JSON objects, until the user stops it, the reader of
 * the output is gone, or the daemon ends. Returns the exit status. */
int ctl_monitor_run(const struct ctl_options *options);

#endif
