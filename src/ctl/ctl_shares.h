/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_shares: the command `shares`: which node answers which client (SPEC 11): shows it, drains
 * this node, and gives orders as a driver does.
 */
#ifndef CLUSTERARPD_CTL_CTL_SHARES_H
#define CLUSTERARPD_CTL_CTL_SHARES_H

#include "ctl/common/ctl_command.h"

/* Checks the words and options together, asks, and prints the answer. Returns the exit status. */
int ctl_shares_run(const struct ctl_options *options);

#endif
