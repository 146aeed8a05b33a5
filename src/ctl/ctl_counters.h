/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_counters: prints the answer to `counters`, as tables.
 */
#ifndef CLUSTERARPD_CTL_CTL_COUNTERS_H
#define CLUSTERARPD_CTL_CTL_COUNTERS_H

#include <jansson.h>
#include <stddef.h>

void ctl_print_counters(const json_t *answer);
/* Print the drops by reason, the most urgent reasons first, in at most `lines` lines, but at least
 * one. */
void ctl_print_drops(const json_t *counters, size_t lines);

#endif
