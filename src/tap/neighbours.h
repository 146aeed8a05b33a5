/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neighbours: the mirror of the TAP's neighbour table kept true, and the peers' entries
 * in that table kept right (SPEC 8).
 *
 * The table is dumped at the start and again after notifications were lost, at most once
 * a second; meanwhile it is told by notifications. What the kernel announces to nobody
 * (an entry that waits for an answer, or is about to be probed) a refresh finds out.
 */
#ifndef CLUSTERARPD_TAP_NEIGHBOURS_H
#define CLUSTERARPD_TAP_NEIGHBOURS_H

#include "core/mirror.h"
#include "core/peers.h"
#include "core/rewrite.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "report/events.h"

struct neighbours;

/* All are borrowed. NULL: out of memory. */
struct neighbours *neighbours_create(struct loop *loop, struct peers *peers,
				     struct netlink *netlink, struct events *events);
void neighbours_destroy(struct neighbours *n);

/* The TAP is `ifindex` now: begin with its table, and where the configuration says so
 * install the peers' entries. 0, or a negative errno after a log line. */
int neighbours_open(struct neighbours *n, int ifindex);
/* The TAP was set up again, and the kernel has emptied its table: as at the start. */
void neighbours_seed(struct neighbours *n);

/* The peers are others now, `old` is what they were (peers_exchange()): entries of those
 * that are gone, or have another MAC, go; what a pin that is no more has made is learnt from
 * now on; new ones are installed as at the start. */
void neighbours_reload(struct neighbours *n, const struct peers *old);

/* ARP of a peer came in: dropped as spoofed, or well. */
void neighbours_heard(struct neighbours *n, const struct rewrite_result *result);

const struct mirror *neighbours_mirror(const struct neighbours *n);
/* How often the table had to be dumped anew because changes were lost. */
uint64_t neighbours_resyncs(const struct neighbours *n);

/* Dump the table now. Returns the number of that dump, which begins after this call;
 * `refreshed` is called with this or a higher one once it has ended, well or not. 0: there
 * is none for now. */
uint64_t neighbours_refresh(struct neighbours *n);
void neighbours_on_refreshed(struct neighbours *n, void (*refreshed)(uint64_t dump, void *arg),
			     void *arg);

#endif
