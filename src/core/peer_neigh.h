/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer_neigh: what the neighbour table says of a peer, and what it has to say (SPEC 8).
 */
#ifndef CLUSTERARPD_CORE_PEER_NEIGH_H
#define CLUSTERARPD_CORE_PEER_NEIGH_H

#include "core/mirror.h"
#include "core/peers.h"

/* What is to be done about the entry of a peer's address. */
enum peer_neigh_need {
	PEER_NEIGH_LEAVE,   /* it is right, or ARP's business */
	PEER_NEIGH_INSTALL, /* it is missing, or not pinned */
	PEER_NEIGH_REPAIR,  /* it holds another MAC than the dedicated one */
};

/* `entry`: what the table has for `dst`, an address of the peer; NULL: nothing.
 * `seeding`: entries that are missing are to be made also for `neigh = seed`, as at the
 * start. Where something is to be done, *wanted is the entry to write. */
enum peer_neigh_need peer_neigh_check(enum config_neigh policy, const struct peer *peer,
				      const struct ip_addr *dst, const struct mirror_entry *entry,
				      bool seeding, struct mirror_entry *wanted);

/* A peer's state of all its addresses. Resolved before foreign: what the kernel has
 * confirmed at the dedicated MAC works, whoever else claims the address. */
enum peer_state peer_neigh_state(const struct peer *peer, const struct mirror *mirror);

/* Has the kernel heard from the peer at its dedicated MAC lately? */
bool peer_neigh_is_confirmed(const struct peer *peer, const struct mirror *mirror);

/* The state's name in all outputs. */
const char *peer_neigh_state_name(enum peer_state state);

#endif
