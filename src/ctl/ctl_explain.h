/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_explain: the command line of `explain`, which needs no daemon. */
#ifndef CLUSTERARPD_CTL_CTL_EXPLAIN_H
#define CLUSTERARPD_CTL_CTL_EXPLAIN_H

#include <stdbool.h>

#include "explain/explain.h"

/* Into job->side. False, with a message: it is neither `wire` nor `tap`. */
bool ctl_explain_side(struct explain *job, const char *value);
/* Explain job->file; `config`: if job->config is NULL. Returns the exit status. */
int ctl_explain(struct explain job, const char *config);

#endif
