/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: this node's daemon, as the group has to know it (struct group_host), kept up to date over
 * the control socket; and the group's orders for it.
 */
#ifndef CLUSTERARPD_COROSYNC_HOST_H
#define CLUSTERARPD_COROSYNC_HOST_H

#include "corosync/group.h"
#include "io/loop.h"

struct host;

struct host_handlers {
	/* What host_state() says has changed, or an order or lease was answered. */
	void (*changed)(void *arg);
	void *arg;
};

/* `socket`: path. changed() is called from the event loop, and may call any function of this
 * module. NULL: no memory. */
struct host *host_create(struct loop *loop, const char *socket,
			 const struct host_handlers *handlers);
void host_destroy(struct host *h);

/* How long an answer may take, ms, before the daemon counts as GROUP_AWAY: 0.4 token. */
void host_set_patience(struct host *h, unsigned ms);
/* Borrowed; it changes with what the daemon says. order: as host_set() has given it, or, if another
 * driver has, as the daemon tells it: then without nodeid, and GROUP_LEFT also for GROUP_DEAD. */
const struct group_host *host_state(const struct host *h);
/* `corosync_id` of this node in the file; 0: none. */
unsigned host_corosync_id(const struct host *h);

/* See struct group_handlers. One request is under way and one waits, which the next one replaces;
 * of releases, one of each node. Without a daemon, and after a request that is not answered, they
 * are forgotten. Whether the daemon answered: GROUP_AWAY, and host_state()->order. */
void host_set(struct host *h, const struct group_order *order, uint64_t sent, unsigned ttl);
void host_released(struct host *h, const char *node, uint64_t epoch, bool is_asking);
/* Ask the daemon for its state, unless that is being asked. Driver: at each tick. */
void host_refresh(struct host *h);

#endif
