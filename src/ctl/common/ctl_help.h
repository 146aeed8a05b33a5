/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_help: prints the overview of the commands and options, and the help of one command, to
 * stdout.
 */
#ifndef CLUSTERARPD_CTL_COMMON_CTL_HELP_H
#define CLUSTERARPD_CTL_COMMON_CTL_HELP_H

#include "ctl/common/ctl_command.h"

/* `commands`: the table, which ends with a row without a name. */
void ctl_help(const struct ctl_command *commands);
void ctl_help_command(const struct ctl_command *command);

#endif
