/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_conntrack: the TCP connections of this network namespace that destination NAT forwards,
 * to a container for example, from connection tracking (ctnetlink). They end in no socket here.
 *
 * A dump is not a snapshot: a connection that is made or closed meanwhile may be in it or not.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_CONNTRACK_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/flow.h"

struct netlink_conntrack;

struct netlink_conntrack_handlers {
	void (*each)(const struct flow_tuple *forwarded, void *arg);
	/* The end of a dump. 0, or a negative errno: it is not complete, or this kernel has no
	 * ctnetlink. */
	void (*done)(int error, void *arg);
	void *arg;
};

/* Only netlink_conntrack_dispatch() calls the handlers. Sets *out; a negative errno on failure. */
int netlink_conntrack_open(const struct netlink_conntrack_handlers *handlers,
			   struct netlink_conntrack **out);
/* NULL is allowed. */
void netlink_conntrack_close(struct netlink_conntrack *c);

/* Begin a dump; only one at a time. 0, or a negative errno, and done() is not called. Needs
 * CAP_NET_ADMIN. */
int netlink_conntrack_start(struct netlink_conntrack *c);

/* The descriptor to watch for reading, and the function to call when it is readable. It reads a
 * bounded number of messages without blocking. */
int netlink_conntrack_fd(const struct netlink_conntrack *c);
void netlink_conntrack_dispatch(struct netlink_conntrack *c);

#endif
