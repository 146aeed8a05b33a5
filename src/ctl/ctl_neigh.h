/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_neigh: prints the answer to `neigh`, in lines as those of `ip neigh`.
 */
#ifndef CLUSTERARPD_CTL_CTL_NEIGH_H
#define CLUSTERARPD_CTL_CTL_NEIGH_H

#include <jansson.h>

void ctl_print_neigh(const json_t *answer);

#endif
