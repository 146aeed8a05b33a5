/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group_order: an order: which nodes share the clients, and by which weights.
 */
#ifndef CLUSTERARPD_COROSYNC_GROUP_ORDER_H
#define CLUSTERARPD_COROSYNC_GROUP_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GROUP_NAME_SIZE  45  /* config/config.h: CONFIG_NAME_MAX, and the NUL */
#define GROUP_NODES_MAX  128 /* CPG_MEMBERS_MAX */
#define GROUP_PRINT_SIZE 17

/* In place of a weight, as in shares/sharing.h. */
#define GROUP_LEFT (-1) /* does not take part, and has released everything, or has no lease */
#define GROUP_DEAD (-2) /* has stopped: no connections of it are left */

struct group_share {
	char name[GROUP_NAME_SIZE];
	uint32_t nodeid; /* of corosync; 0: not known */
	int weight;      /* 0..100, GROUP_LEFT or GROUP_DEAD */
	/* The order takes its share away although it has not released it, because its lease has run
	 * out: `seen` is the last tick with a lease of it that the sender has heard; 0: none. */
	bool is_removed;
	uint64_t seen;
	/* The last tick of the node, if it is a member, that the sender has heard: the node knows
	 * by it whether it has heard all that the sender does not know yet. 0: none. */
	uint64_t heard;
};

struct group_order {
	uint64_t epoch;               /* 0: there is none yet */
	char print[GROUP_PRINT_SIZE]; /* of the configuration that it is made for */
	uint64_t view;                /* the membership of corosync that it was sent in */
	size_t count;
	struct group_share shares[GROUP_NODES_MAX]; /* of the nodes of the file */
};

/* Which order it is: two with the same id say the same. */
struct group_id {
	uint64_t epoch, hash;
};

/* Independent of the sequence of the nodes, and of what the daemon does not keep: who has left, and
 * who is dead. The hash of an order without an epoch is 0. */
struct group_id group_order_id(const struct group_order *o);
bool group_id_is(const struct group_id *a, const struct group_id *b);
/* The share of a node, or NULL. */
const struct group_share *group_order_find(const struct group_order *o, const char *name);
/* The weight of a node; GROUP_LEFT if the order does not know it. */
int group_order_weight(const struct group_order *o, const char *name);
/* Does any node take part, be it with weight 0? */
bool group_order_has_node(const struct group_order *o);
/* In words: the weight of each node, and which are dead. */
void group_order_describe(const struct group_order *o, char *text, size_t size);

#endif
