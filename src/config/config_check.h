/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_check: checks that need the whole file.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_CHECK_H
#define CLUSTERARPD_CONFIG_CONFIG_CHECK_H

#include "config/config_draft.h"

/* Report missing settings, duplicates and combinations that are not allowed; resolve every MAC. */
void config_check(struct draft *d);

#endif
