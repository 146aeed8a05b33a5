/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * group: what the drivers of all nodes decide together (SPEC 11, "Drivers"). An engine: membership,
 * messages, quorum, the state of this node's daemon and the time come in; messages to the group,
 * orders and leases for the daemon come out. It has no clock, no socket and no library.
 *
 * Every member sends ticks: what its daemon is and can do. One of them, the member with the lowest
 * node id of those that are heard, compares them with the order in force and sends the next one.
 * All of it goes through the group, in the same sequence at every member, so that every daemon gets
 * the same orders. Who is a member, and whether the members have quorum, is corosync's business
 * alone.
 *
 * Never two owners. The daemons see to it (core/shares/shares.h), provided that an order leaves out
 * a node only when it has released everything, or when its lease has run out. The drivers see to
 * that, and do not rely on how fast corosync is:
 *
 *  - A node has a lease only by a tick that has come back to it in the membership in which it was
 * sent. The lease begins when the tick was sent, and lasts for `lease` (group_roster.h). A tick
 * counts only if it was sent no more than `unheard` after the sending of the last one that had come
 * back. What has come back before was heard by all; so, whatever else a node sends, no lease of it
 * lasts longer than `unheard` and `lease` after the last tick that the others have heard.
 *  - While its lease lasts, nobody has left it out without its knowledge: the order that it knows
 * is in force. Afterwards it needs a new order to have a lease again.
 *  - Who was apart from others, or has only just begun, may have missed ticks and orders: it counts
 *    from the time at which they came together, and waits with an order of its own until nobody can
 *    have a lease by an order that it does not know.
 *  - What a node sends at the end of a membership, an order and the next tick too, may come back to
 * it alone. So nobody sends an order while a node that is gone without a word may have a lease.
 *  - An order is void in another membership than that in which it was sent, if a later one is
 * known, and if a node that it leaves out has sent a tick with a lease that its sender had not
 * heard: so at all members. Only what has been heard in this membership counts, which is the same
 * at all. A member that has joined since the order was sent, and may not have heard that tick,
 * sees by `heard` in its share that the order does not know it yet: void, too.
 *  - An order whose number follows the one before is carried out at once in what does not change
 *    hands. Members that have been apart with orders of their own get a number that follows none of
 *    theirs: then all wait for the releases of all.
 */
#ifndef CLUSTERARPD_COROSYNC_GROUP_H
#define CLUSTERARPD_COROSYNC_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corosync/group_message.h"
#include "corosync/group_order.h"
#include "corosync/group_plan.h"

struct group;

/* --- this node's daemon --- */

struct group_host {
	enum group_health health;
	char reason[GROUP_REASON_SIZE]; /* why not GROUP_USABLE */
	char name[GROUP_NAME_SIZE];     /* this node's; "": not known yet */
	/* What must be the same on all nodes: "fingerprint" in the answer to `shares`. "": not
	 * known yet. */
	char print[GROUP_PRINT_SIZE];
	struct group_node nodes[GROUP_NODES_MAX]; /* of the file */
	size_t count;
	int wish;       /* weight that the operator wants; -1: as in the file */
	bool is_cut;    /* out for so long that its connections are not worth waiting for */
	bool is_asking; /* it still serves connections of buckets that it has given up */
	/* The order that it has carried out, and so released; epoch 0: none. */
	struct group_order order;
};

/* --- what comes out --- */

struct group_handlers {
	/* To all members. False: could not be sent. */
	bool (*send)(const char *text, size_t len, void *arg);
	/* The daemon is to carry out `order`, again or for the first time, with a lease of `ttl` ms
	 * from `sent` on (CLOCK_MONOTONIC, ms). */
	void (*set)(const struct group_order *order, uint64_t sent, unsigned ttl, void *arg);
	/* The node has released this epoch; is it still serving connections that it had before? */
	void (*released)(const char *node, uint64_t epoch, bool is_asking, void *arg);
	/* A line for the operator, when something has changed. */
	void (*note)(bool is_warning, const char *text, void *arg);
	void *arg;
};

/* `serves_without_quorum`: no_quorum = serve. NULL: no memory. *handlers is copied. */
struct group *group_create(const struct group_handlers *handlers, bool serves_without_quorum);
void group_destroy(struct group *g);

/* --- what comes in: `now` is CLOCK_MONOTONIC in ms --- */

/* totem.token and totem.consensus of corosync, ms. */
void group_set_timing(struct group *g, unsigned token, unsigned consensus);
/* This process is a member, and nothing is known of the group yet. */
void group_joined(struct group *g, uint32_t nodeid, uint64_t now);
/* It is a member no more: it gives no leases, and knows nothing about the group. */
void group_lost(struct group *g);
/* The nodes whose processes are members. `is_merged`: some of them have become members together
 * with their nodes, with which this one was not together before. */
void group_members(struct group *g, const uint32_t *nodes, size_t count, bool is_merged,
		   uint64_t now);
/* The membership of corosync; `nodes` NULL: it is being formed. */
void group_ring(struct group *g, bool is_quorate, const uint32_t *nodes, size_t count,
		uint64_t now);
/* Messages are delivered in another membership of corosync from now on. */
void group_view(struct group *g, uint64_t id);
void group_message(struct group *g, uint32_t from, const char *text, size_t len, uint64_t now);
/* The daemon has changed, or has answered. Borrowed, and copied. */
void group_host(struct group *g, const struct group_host *host, uint64_t now);
/* This driver is about to stop: the others are to take over. */
void group_stop(struct group *g, uint64_t now);
/* At group_deadline(). */
void group_timer(struct group *g, uint64_t now);

/* --- what there is --- */

/* When group_timer() is due: ms. */
uint64_t group_deadline(const struct group *g);
/* After group_stop(): this node has given up everything, and the others know it. */
bool group_has_left(const struct group *g);
/* A line about the state, for the service manager. */
void group_describe(const struct group *g, uint64_t now, char *text, size_t size);

#endif
