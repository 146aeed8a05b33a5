/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: the daemon's state as JSON, in the form of SPEC section 7.
 */
#ifndef CLUSTERARPD_REPORT_REPORT_H
#define CLUSTERARPD_REPORT_REPORT_H

#include "report/report_state.h"

/* The answer to a command (`status`, `peers`, `counters`, `config`, `metrics` or `version`), one
 * line from malloc(); to any other command a refusal. NULL: out of memory. */
char *report_answer(const char *command, const struct report_state *state);

#endif
