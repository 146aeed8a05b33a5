/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer_neigh: checks the entries of a peer in the neighbour table: which are wrong or missing, and
 * what state the peer is in (SPEC 8).
 */
#ifndef CLUSTERARPD_CORE_PEER_NEIGH_H
#define CLUSTERARPD_CORE_PEER_NEIGH_H

#include "core/mirror.h"
#include "core/peers.h"

/* What to do about the entry for an address of a peer. */
enum peer_neigh_need {
	PEER_NEIGH_LEAVE,   /* it is right, or left to ARP */
	PEER_NEIGH_INSTALL, /* it is missing, or not pinned */
	PEER_NEIGH_REPAIR,  /* it has a MAC other than the peer's dedicated MAC */
};

/* `entry`: the entry that the table has for `dst`, an address of the peer; NULL: none. `seeding`:
 * install missing entries for `neigh = seed` too, as at start. Unless the result is
 * PEER_NEIGH_LEAVE, *wanted is the entry to write. */
enum peer_neigh_need peer_neigh_check(enum config_neigh policy, const struct peer *peer,
				      const struct ip_addr *dst, const struct mirror_entry *entry,
				      bool seeding, struct mirror_entry *wanted);

/* The state of a peer, from the entries of all its addresses. Resolved takes precedence over
 * foreign: an entry that the kernel has confirmed with the dedicated MAC works, whatever other host
 * claims the address. What liveness has found out counts more than an entry, which may be old; but
 * if the kernel fails to resolve a peer that answers, its packets do not get there: that holds for
 * ten seconds after the last failure (peer->failed). `now`: monotonic ms. */
enum peer_state peer_neigh_state(const struct peer *peer, const struct mirror *mirror,
				 uint64_t now);

/* True if the kernel has recently confirmed the peer at its dedicated MAC. */
bool peer_neigh_is_confirmed(const struct peer *peer, const struct mirror *mirror);

/* The name of the state, the same in all outputs. */
const char *peer_neigh_state_name(enum peer_state state);

#endif
