/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_doctor: lets the daemon examine the network, and prints what it has found. */
#ifndef CLUSTERARPD_CTL_CTL_DOCTOR_H
#define CLUSTERARPD_CTL_CTL_DOCTOR_H

#include "ctl/common/ctl_command.h"

/* Exit status: EXIT_ANSWERED nothing is wrong, EXIT_REFUSED something is, or there is no result,
 * EXIT_NO_DAEMON. */
int ctl_doctor_run(const struct ctl_options *options);

#endif
