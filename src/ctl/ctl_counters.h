/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_counters: the answer to `counters`, as tables.
 */
#ifndef CLUSTERARPD_CTL_CTL_COUNTERS_H
#define CLUSTERARPD_CTL_CTL_COUNTERS_H

#include <jansson.h>
#include <stddef.h>

void ctl_print_counters(const json_t *answer);
/* What was dropped, and why, in at most `lines` lines (or one); first what an operator should look
 * into. */
void ctl_print_drops(const json_t *counters, size_t lines);

#endif
