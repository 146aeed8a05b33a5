/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_status: the overview of `clusterarpctl status`, which is the default command.
 */
#ifndef CLUSTERARPD_CTL_CTL_STATUS_H
#define CLUSTERARPD_CTL_CTL_STATUS_H

#include "ctl/common/ctl_command.h"

/* Measures the traffic for half a second; with --json the answer to `status` is printed at once. */
int ctl_status_run(const struct ctl_options *options);

#endif
