/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neighbours: keeps the mirror of the TAP's neighbour table up to date, and the peers' entries in
 * that table correct (SPEC 8).
 *
 * The table is dumped at start, and again after notifications were lost, at most once a second.
 * Between dumps the mirror follows the notifications. Some states the kernel does not notify of
 * (an entry that waits for an answer, or is about to be probed): a refresh finds them.
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

/* Begin to follow the neighbour table of the TAP, which has the index `ifindex` now, and install
 * the peers' entries if the configuration says so. 0, or a negative errno after a log line. */
int neighbours_open(struct neighbours *n, int ifindex);
/* The kernel has emptied the table, because the TAP was down or its MAC was changed, or IPv6 was
 * off: dump it and install the peers' entries as neighbours_open() does. */
void neighbours_seed(struct neighbours *n);

/* The peers were replaced, `old` holds the former ones (peers_exchange()). Entries of peers that
 * are gone or have another MAC are removed; if `neigh = pin` no longer applies, permanent entries
 * become stale ones, which ARP and ND update; entries of new peers are installed as at start. */
void neighbours_reload(struct neighbours *n, const struct peers *old);

/* ARP or ND with a peer's address as sender was received: it passed, or was dropped as spoofed. */
void neighbours_heard(struct neighbours *n, const struct rewrite_result *result);

/* peer->liveness has changed. */
void neighbours_peer_changed(struct neighbours *n, struct peer *peer);

const struct mirror *neighbours_mirror(const struct neighbours *n);
/* How often the table had to be dumped again because notifications were lost. */
uint64_t neighbours_resyncs(const struct neighbours *n);

/* Dump the table. Returns the number of a dump that does not begin before this call; `refreshed` is
 * called with this number or a higher one after the dump has ended, successfully or not. 0: no
 * dump is possible for now. */
uint64_t neighbours_refresh(struct neighbours *n);
void neighbours_on_refreshed(struct neighbours *n, void (*refreshed)(uint64_t dump, void *arg),
			     void *arg);

#endif
