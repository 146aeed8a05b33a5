/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_status: the overview that `clusterarpctl` alone prints.
 */
#ifndef CLUSTERARPD_CTL_CTL_STATUS_H
#define CLUSTERARPD_CTL_CTL_STATUS_H

#include <jansson.h>

/* status: of several answers; `peers` twice, with `seconds` between them. */
struct ctl_status {
	const json_t *status, *counters, *peers_before, *peers;
	double seconds;
};
void ctl_print_status(const struct ctl_status *status);

#endif
