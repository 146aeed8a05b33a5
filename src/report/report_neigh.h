/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_neigh: the answer to `neigh`, in pieces, because the table may be long.
 */
#ifndef CLUSTERARPD_REPORT_REPORT_NEIGH_H
#define CLUSTERARPD_REPORT_REPORT_NEIGH_H

#include "core/mirror.h"
#include "core/peers.h"

/* For the table as it is now: it is copied. NULL: out of memory. */
struct report_neigh *report_neigh_create(const struct mirror *mirror);
void report_neigh_destroy(struct report_neigh *neigh);
/* The next piece, from malloc(). NULL: there is no more, or out of memory. */
char *report_neigh_next(struct report_neigh *neigh, const struct peers *peers);

#endif
