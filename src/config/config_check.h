/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_check: what only the whole file shows.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_CHECK_H
#define CLUSTERARPD_CONFIG_CONFIG_CHECK_H

#include "config/config_draft.h"

/* Report what is missing, what is there twice and what does not go together; works out every MAC.
 */
void config_check(struct draft *d);

#endif
