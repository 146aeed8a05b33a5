/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group_message: what the drivers tell each other, as JSON. Both kinds have the version of the
 * protocol; fields that a reader does not know mean nothing to it.
 *
 *   {"clusterarpd": 1, "tick": {…}}     {"clusterarpd": 1, "order": {…}}
 */
#ifndef CLUSTERARPD_COROSYNC_GROUP_MESSAGE_H
#define CLUSTERARPD_COROSYNC_GROUP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corosync/group_order.h"

#define GROUP_REASON_SIZE 160

/* What a node's daemon can do. */
enum group_health {
	GROUP_AWAY, /* no daemon answers, or it does not take orders */
	GROUP_OUT,  /* it takes orders, but no clients */
	GROUP_USABLE,
};

/* A member about itself. */
struct group_tick {
	uint64_t seq; /* from 1, of a later tick greater */
	char name[GROUP_NAME_SIZE];
	char print[GROUP_PRINT_SIZE];
	enum group_health health;
	char reason[GROUP_REASON_SIZE]; /* why it is not usable */
	int weight;                     /* that it wants: 0..100 */
	/* How long its leases are, and by how much more a tick may be late that the others have not
	 * heard (struct group_timing): ms. Nodes may have other timeouts of corosync for a while.
	 */
	unsigned lease, unheard;
	bool leases;      /* when it hears this tick, it takes a lease */
	bool is_in_force; /* the order that it knows is in force: it has, or may have, a lease */
	bool is_leaving;  /* wants to be left out */
	bool is_cut;      /* out for long: its connections are not waited for */
	bool is_asking;   /* serves connections of buckets that it has given up */
	struct group_id known; /* the order in force, as its driver knows it */
	uint64_t applied;      /* the epoch that its daemon has carried out, and so released */
};

struct group_message {
	bool is_order;
	struct group_tick tick;   /* unless is_order */
	struct group_order order; /* if is_order */
};

/* A line without a newline, to be freed; NULL: no memory. */
char *group_message_tick(const struct group_tick *tick);
char *group_message_order(const struct group_order *order);
/* False: not a valid message; *why is then a constant line. */
bool group_message_parse(const char *text, size_t len, struct group_message *out, const char **why);

#endif
