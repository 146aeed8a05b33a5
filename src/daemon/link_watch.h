/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_watch: passes on the kernel's notifications about links, addresses, filters and routes. */
#ifndef CLUSTERARPD_DAEMON_LINK_WATCH_H
#define CLUSTERARPD_DAEMON_LINK_WATCH_H

#include "io/loop.h"
#include "io/netlink/netlink_events.h"
#include "io/netlink/netlink_routes.h"

struct link_watch;

struct link_watch_needs {
	struct loop *loop; /* borrowed */
	netlink_events_handler *changed;
	netlink_routes_handler *route;
	void *arg;
};

/* The handlers are called from the loop, for changes from now on. NULL after a log line. */
struct link_watch *link_watch_create(const struct link_watch_needs *needs);
void link_watch_destroy(struct link_watch *watch); /* NULL is fine */

#endif
