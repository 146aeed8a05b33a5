/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group_roster: the nodes of corosync's cluster, and what is known about the driver on each:
 * whether it is a member, what its last tick said, and when no lease of it can be left.
 *
 * Times are CLOCK_MONOTONIC in ms, of this node: the time at which a tick was heard is not before
 * the time at which it was sent.
 */
#ifndef CLUSTERARPD_COROSYNC_GROUP_ROSTER_H
#define CLUSTERARPD_COROSYNC_GROUP_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corosync/group_message.h"

struct group_member {
	uint32_t nodeid;
	bool is_member;  /* its driver is in the group */
	bool is_in_ring; /* its corosync is in the present membership */
	bool has_tick;   /* since it became a member */
	bool was_out;    /* was out of the ring since its last tick with a lease */
	struct group_tick tick;
	uint64_t joined;       /* when it became a member */
	uint64_t joined_order; /* likewise, in the sequence of r->messages */
	uint64_t heard;        /* its last tick; 0: none */
	uint64_t heard_order;  /* likewise, in the sequence of r->messages */
	uint64_t lease_heard;  /* its last tick with a lease; 0: none, and `joined` of the roster
				  counts */
	uint64_t lease_seq;    /* the number of that tick; 0: none since it became a member */
	uint64_t lease_order;  /* count of that tick among all that the roster has heard */
	uint64_t lease_end;    /* of the leases by all ticks that were heard: ms */
	uint64_t told;         /* the epoch of which this node's daemon knows that it is released */
	uint64_t told_asking;  /* when it was told that the node still asks; 0: never */
};

/* Of corosync, and what follows from it: ms. */
struct group_timing {
	unsigned token;
	unsigned tick;    /* from one tick to the next */
	unsigned silence; /* a member from which nothing comes for so long does not lead */
	/* A lease is so long, from the time at which a tick with a lease was sent. Such a tick is
	 * sent no later than `unheard` after the sending of the last one that has come back. */
	unsigned lease, unheard;
};

/* `token`, `consensus`: of totem, see corosync.conf(5). */
struct group_timing group_timing(unsigned token, unsigned consensus);

struct group_roster {
	struct group_timing timing;
	uint32_t self;
	/* Since then it hears what all others hear: when it became a member, or when members came
	 * back with which it was not together, and which may have heard others in the meantime. */
	uint64_t joined;
	uint64_t messages; /* heard so far */
	/* Of them those of earlier memberships of corosync: what a node has sent at the end of one
	 * may have come back to it alone. All members have heard the same since then. */
	uint64_t messages_before;
	uint64_t ring_at; /* since then messages pass again */
	struct group_member list[GROUP_NODES_MAX];
	size_t count;
};

/* All begins anew: this driver, on node `self`, has become a member. */
void group_roster_start(struct group_roster *r, uint32_t self, uint64_t now);
/* NULL: there is no such node. */
struct group_member *group_roster_find(struct group_roster *r, uint32_t nodeid);
/* `is_merged`: some of them have become members together with their nodes. */
void group_roster_members(struct group_roster *r, const uint32_t *nodes, size_t count,
			  bool is_merged, uint64_t now);
void group_roster_ring(struct group_roster *r, const uint32_t *nodes, size_t count, uint64_t now);
/* NULL: it is no member. */
struct group_member *group_roster_tick(struct group_roster *r, uint32_t nodeid,
				       const struct group_tick *tick, uint64_t now);

/* Messages are those of another membership of corosync from now on. */
void group_roster_view(struct group_roster *r);
/* A member, whose driver runs: it has been heard lately. */
bool group_roster_is_heard(const struct group_roster *r, const struct group_member *m,
			   uint64_t now);
/* Members from which nothing has come yet may know of leases that this node does not: when there is
 * none of them, or their time is over. */
uint64_t group_roster_known_at(const struct group_roster *r);
/* How long a lease of the node can be: ms. */
unsigned group_roster_lease(const struct group_roster *r, uint32_t nodeid);
/* When no lease of the node can be left any more. */
uint64_t group_roster_lease_end(const struct group_roster *r, uint32_t nodeid);
/* The member that is the node `name`: of those that say so, `nodeid`, else the one with the lowest
 * node id. NULL: none. */
struct group_member *group_roster_named(struct group_roster *r, const char *name, uint32_t nodeid);
/* Has a tick with a lease, later than `seen`, come from the node `nodeid` in this membership of
 * corosync, and since the member `from` can hear it? The answer is the same at all members. */
bool group_roster_is_later(struct group_roster *r, uint32_t nodeid, uint64_t seen, uint32_t from);

#endif
