/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_commands: the table of clusterarpctl's commands.
 */
#ifndef CLUSTERARPD_CTL_CTL_COMMANDS_H
#define CLUSTERARPD_CTL_CTL_COMMANDS_H

#include "ctl/common/ctl_command.h"

/* The first one is the default; the last row has no name. */
extern const struct ctl_command ctl_commands[];

#endif
