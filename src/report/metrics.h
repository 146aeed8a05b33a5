/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics: the daemon's state in the Prometheus text format, version 0.0.4.
 */
#ifndef CLUSTERARPD_REPORT_METRICS_H
#define CLUSTERARPD_REPORT_METRICS_H

#include "report/report_state.h"

/* From malloc(); NULL: out of memory. */
char *metrics_text(const struct report_state *state);

#endif
