/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_watch: tells what the kernel notifies of about links, addresses, filters and routes. */
#ifndef CLUSTERARPD_DAEMON_LINK_WATCH_H
#define CLUSTERARPD_DAEMON_LINK_WATCH_H

#include "io/loop.h"
#include "io/netlink/netlink_events.h"

struct link_watch;

struct link_watch_needs {
	struct loop *loop; /* borrowed */
	netlink_events_handler *changed;
	/* A route through this link was removed; 0: any may have been. */
	void (*route_gone)(int ifindex, void *arg);
	void *arg;
};

/* What happens from now on is told from the loop. NULL after a log line. */
struct link_watch *link_watch_create(const struct link_watch_needs *needs);
void link_watch_destroy(struct link_watch *watch); /* NULL is fine */

#endif
