/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_check: the command `check`: one line and an exit status as monitoring plugins have them
 * (https://www.monitoring-plugins.org/doc/guidelines.html).
 */
#ifndef CLUSTERARPD_CTL_CTL_CHECK_H
#define CLUSTERARPD_CTL_CTL_CHECK_H

#include "ctl/common/ctl_command.h"

/* Exit statuses of this command. */
enum ctl_check_status { CTL_CHECK_OK, CTL_CHECK_WARNING, CTL_CHECK_CRITICAL, CTL_CHECK_UNKNOWN };

/* Returns the exit status. With --wait it returns as soon as all is well. */
int ctl_check_run(const struct ctl_options *options);

#endif
