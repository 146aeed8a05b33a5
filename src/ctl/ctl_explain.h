/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_explain: the command line of `explain`, which needs no daemon. */
#ifndef CLUSTERARPD_CTL_CTL_EXPLAIN_H
#define CLUSTERARPD_CTL_CTL_EXPLAIN_H

#include "ctl/common/ctl_command.h"

/* Returns the exit status. */
int ctl_explain_run(const struct ctl_options *options);

#endif
