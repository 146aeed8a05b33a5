/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_config: the commands `config`, `reload`, `log-level` and `metrics`.
 */
#ifndef CLUSTERARPD_CTL_CTL_CONFIG_H
#define CLUSTERARPD_CTL_CTL_CONFIG_H

#include <jansson.h>

#include "ctl/common/ctl_command.h"

void ctl_print_config(const json_t *answer);
void ctl_print_metrics(const json_t *answer);
int ctl_reload_run(const struct ctl_options *options);
int ctl_log_level_run(const struct ctl_options *options);

#endif
