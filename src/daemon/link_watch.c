/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_watch: notifications of the kernel; see link_watch.h. */
#include "daemon/link_watch.h"

#include <stdlib.h>

#include "base/log.h"

struct link_watch {
	struct netlink_events *changes;
	struct netlink_routes *routes;
	struct loop_io *changes_io, *routes_io;
};

static void on_changes_readable(unsigned ready, void *arg)
{
	struct link_watch *w = arg;
	int rc = netlink_events_dispatch(w->changes);

	(void)ready;
	if (rc < 0)
		loop_io_failed(w->changes_io, "cannot read netlink notifications", -rc);
}

static void on_routes_readable(unsigned ready, void *arg)
{
	struct link_watch *w = arg;
	int rc = netlink_routes_dispatch(w->routes);

	(void)ready;
	if (rc < 0)
		loop_io_failed(w->routes_io, "cannot read notifications of routes", -rc);
}

static bool open_sockets(struct link_watch *w, const struct link_watch_needs *needs)
{
	int rc = netlink_events_open(needs->changed, needs->arg, &w->changes);

	if (!rc)
		rc = netlink_routes_open(needs->route, needs->arg, &w->routes);
	if (rc)
		log_error_errno(-rc, "cannot open netlink");
	return !rc;
}

static bool listen_to(struct link_watch *w, struct loop *loop)
{
	w->changes_io =
		loop_io_add(loop, netlink_events_fd(w->changes), LOOP_READ, on_changes_readable, w);
	w->routes_io =
		loop_io_add(loop, netlink_routes_fd(w->routes), LOOP_READ, on_routes_readable, w);
	if (w->changes_io && w->routes_io)
		return true;
	log_error("out of memory");
	return false;
}

struct link_watch *link_watch_create(const struct link_watch_needs *needs)
{
	struct link_watch *w = calloc(1, sizeof(*w));

	if (!w) {
		log_error("out of memory");
		return NULL;
	}
	if (open_sockets(w, needs) && listen_to(w, needs->loop))
		return w;
	link_watch_destroy(w);
	return NULL;
}

void link_watch_destroy(struct link_watch *watch)
{
	if (!watch)
		return;
	loop_io_free(watch->changes_io);
	loop_io_free(watch->routes_io);
	netlink_events_close(watch->changes);
	netlink_routes_close(watch->routes);
	free(watch);
}
