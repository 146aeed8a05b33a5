/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group_plan: what the next order has to say, by what the members tell about themselves. Every
 * member can compute it; the one that leads sends it.
 */
#ifndef CLUSTERARPD_COROSYNC_GROUP_PLAN_H
#define CLUSTERARPD_COROSYNC_GROUP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corosync/group_order.h"
#include "corosync/group_roster.h"

struct group_node {
	char name[GROUP_NAME_SIZE];
	int weight; /* of the file */
};

struct group_plan_input {
	struct group_roster *roster;
	const struct group_order *order; /* that this node knows */
	uint64_t order_at;               /* when it came: ms */
	const char *print;               /* of this node's configuration; "": not known */
	const struct group_node *nodes;  /* of this node's configuration */
	size_t count;
	uint64_t now;
};

/* The configuration that holds: that of most of the members that are heard; if there are several,
 * the one in force. "" if no member knows one. Borrowed from the input. */
const char *group_plan_print(const struct group_plan_input *in);
/* Is it this node that sends the next order: of the members that are heard, and know the
 * configuration that holds, and the order in force, the lowest node id; of those before all that
 * know that it is in force. */
bool group_plan_leads(const struct group_plan_input *in);
/* The next order, into *out. False: none is due; look again at *again (UINT64_MAX: when something
 * has changed). */
bool group_plan_next(const struct group_plan_input *in, struct group_order *out, uint64_t *again);

#endif
