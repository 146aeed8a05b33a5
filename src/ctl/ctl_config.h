/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_config: prints the answers to `config`, `reload`, `log-level` and `metrics`.
 */
#ifndef CLUSTERARPD_CTL_CTL_CONFIG_H
#define CLUSTERARPD_CTL_CTL_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

void ctl_print_config(const json_t *answer);
/* `is_trial`: a dry run. Returns whether all changes can be made without a restart. */
bool ctl_print_reload(const json_t *answer, bool is_trial);
void ctl_print_log_level(const json_t *answer);
void ctl_print_metrics(const json_t *answer);

#endif
