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
 * Never two owners. The daemons see to it, provided that an order leaves out a node only when its
 * lease has run out, or when it has released everything (core/shares/shares.h). Here:
 *
 *  - A lease is the time at which the node sent a tick that has come back to it, and 0.8 token. A
 * tick that comes back has gone through a ring in which all other members were at most one token
 *    before, and they form another one only 1 token (silence) and 1.2 token (consensus) later.
 *  - An order that leaves out a node names the last tick of it that its sender had heard. If
 * another one comes before the order, at any member, it does so at all members, and the order is
 * void.
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
