/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_print: the daemon's answers for people.
 */
#ifndef CLUSTERARPD_CTL_CTL_PRINT_H
#define CLUSTERARPD_CTL_CTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>

/* Of the commands' answers. */
void ctl_print_peers(const json_t *answer);
void ctl_print_neigh(const json_t *answer);
void ctl_print_counters(const json_t *answer);
void ctl_print_config(const json_t *answer);
void ctl_print_metrics(const json_t *answer);
void ctl_print_log_level(const json_t *answer);
/* `is_trial`: nothing was to be changed. Returns whether all can be changed without a restart. */
bool ctl_print_reload(const json_t *answer, bool is_trial);

/* What was dropped, and why, in at most so many lines (or one); what wants looking after comes
 * first. */
void ctl_print_drops(const json_t *counters, size_t lines);

/* status: of several answers; `peers` twice, with `seconds` between them. */
struct ctl_status {
	const json_t *status, *counters, *peers_before, *peers;
	double seconds;
};
void ctl_print_status(const struct ctl_status *status);

#endif
