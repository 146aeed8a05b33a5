/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_routes: routes that were deleted, or that the kernel has made, as it reports them. On a
 * socket of its own, with a filter: a routing daemon may add routes by the hundred thousand, and
 * none of these wakes the process.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_ROUTES_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_ROUTES_H

struct netlink_routes;

/* A route through the link `ifindex` was deleted, or one of the protocol `kernel` was added; 0:
 * notifications were lost, any may have been. */
typedef void netlink_routes_handler(int ifindex, void *arg);

/* Open the socket and subscribe. Only netlink_routes_dispatch() calls `handler`. Sets *out;
 * negative errno on failure. */
int netlink_routes_open(netlink_routes_handler *handler, void *arg, struct netlink_routes **out);
void netlink_routes_close(struct netlink_routes *routes);

/* As netlink_events_fd() and netlink_events_dispatch(). */
int netlink_routes_fd(const struct netlink_routes *routes);
int netlink_routes_dispatch(struct netlink_routes *routes);

#endif
