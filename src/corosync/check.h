/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check: the configuration, compared with the corosync that runs on this host (-t).
 */
#ifndef CLUSTERARPD_COROSYNC_CHECK_H
#define CLUSTERARPD_COROSYNC_CHECK_H

#include "config/config.h"
#include "config/config_report.h"

/* Print what corosync says about itself, and add to `report` what does not fit to the
 * configuration. If no corosync answers, that is a warning. `option`: of --node; NULL: the host
 * name. */
void check_corosync(const struct config *c, const char *option, struct config_report *report);

#endif
