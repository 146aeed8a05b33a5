/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_status: prints the overview of `clusterarpctl status`, which is the default command.
 */
#ifndef CLUSTERARPD_CTL_CTL_STATUS_H
#define CLUSTERARPD_CTL_CTL_STATUS_H

#include <jansson.h>

/* The answers that the overview is made from; `peers` was asked twice, `seconds` apart. */
struct ctl_status {
	const json_t *status, *counters, *peers_before, *peers;
	double seconds;
};
void ctl_print_status(const struct ctl_status *status);

#endif
