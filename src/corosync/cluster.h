/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster: membership, messages and quorum, as corosync has them (libcpg, libquorum, libcmap). The
 * only module that knows these libraries.
 *
 * It connects by itself, again and again, and joins the group. All handlers are called from the
 * event loop, never from within a function of this module. A handler may call any of them,
 * cluster_destroy() too.
 *
 * What blocks: connecting, and only that. The libraries then wait for corosync's answer, and if
 * corosync is stopped (SIGSTOP) they wait until it goes on or dies (libqb 2.0.6, poll(2) without a
 * timeout); the whole program waits with them. It is no member then, and nobody believes that it
 * is. Once connected, nothing waits for corosync: messages, changes and values are read when they
 * are there, and the end does not ask for an answer.
 */
#ifndef CLUSTERARPD_COROSYNC_CLUSTER_H
#define CLUSTERARPD_COROSYNC_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"

struct cluster;

/* A member of the group: a process, on the node `nodeid` of corosync. */
struct cluster_member {
	uint32_t nodeid, pid;
};

/* The present membership of corosync itself. */
struct cluster_ring {
	bool is_quorate;
	const uint32_t *nodes; /* `count` node ids, borrowed */
	size_t count;
};

struct cluster_handlers {
	/* This process is a member now. Before any other handler. */
	void (*joined)(const struct cluster_member *self, void *arg);
	/* The members of the group are these from now on; in one order with the messages, the same
	 * at all members. A node may have two: another process, or one that has just died.
	 * `is_merged`: some have become members together with their nodes
	 * (CPG_REASON_NODEUP). */
	void (*members)(const struct cluster_member *members, size_t count, bool is_merged,
			void *arg);
	/* Messages from now on are delivered in the membership of corosync with this id, the same
	 * at all its nodes; made from its ring id. */
	void (*view)(uint64_t id, void *arg);
	/* A message of a member, this one's own included. */
	void (*message)(const struct cluster_member *from, const void *data, size_t len, void *arg);
	/* NULL: what CPG and quorum say is not about the same membership yet. That a membership is
	 * being formed is not told: the former one ends when the new one is there, and members()
	 * has told who has left just before. Before the first call it is not known. */
	void (*ring)(const struct cluster_ring *ring, void *arg);
	/* No corosync, or no longer: no member any more. It is tried again. `why`: a line for the
	 * operator; not called again while it says the same. */
	void (*lost)(const char *why, void *arg);
	void *arg;
};

/* `group`: its name in CPG. *handlers is copied. NULL: no memory. */
struct cluster *cluster_create(struct loop *loop, const char *group,
			       const struct cluster_handlers *handlers);
/* Leaves the group. No handler is called any more. */
void cluster_destroy(struct cluster *c);

/* To all members, this one included, in agreed order. False: not sent; corosync is gone, or cannot
 * take more at the moment, or 64 messages of this member have not come back yet. While a membership
 * is being formed (or corosync is stopped) messages are taken, but come back only afterwards, in
 * the new one. Never blocks. At most 512 KiB. */
bool cluster_send(struct cluster *c, const void *data, size_t len);

/* The timeouts in use, ms (runtime.config.totem.token, .consensus); 0: not known. */
unsigned cluster_token_ms(const struct cluster *c);
unsigned cluster_consensus_ms(const struct cluster *c);
/* The name of a node in corosync's nodelist, into name[]; false: it has none. */
#define CLUSTER_NAME_SIZE 256
bool cluster_node_name(const struct cluster *c, uint32_t nodeid, char name[CLUSTER_NAME_SIZE]);

/* Is a name of corosync's that of a node of the file: whole, or up to its first dot? */
bool cluster_is_name(const char *listed, const char *name);

/* What -t asks, by a connection of its own. Waits if corosync is stopped. */
struct cluster_node {
	uint32_t nodeid;
	char name[CLUSTER_NAME_SIZE]; /* "": it has none */
};
#define CLUSTER_NODES_MAX 128
struct cluster_facts {
	unsigned token_ms, consensus_ms;
	struct cluster_node nodes[CLUSTER_NODES_MAX]; /* the nodelist */
	unsigned count, present;                      /* of these, and those that it sees */
	struct cluster_node self;                     /* this host's; nodeid 0: not in the list */
	bool is_two_node, has_qdevice;
};
/* False: no corosync answers; *why is then a line for the operator. */
bool cluster_ask_facts(struct cluster_facts *facts, const char **why);
/* Whether corosync lets this user connect (uidgid). Root may always. */
bool cluster_admits(uint32_t uid, uint32_t gid);

#endif
