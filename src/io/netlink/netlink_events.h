/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_events: changes of links, addresses and traffic control, as the kernel reports them.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_EVENTS_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_EVENTS_H

#include "io/netlink/netlink.h"

struct netlink_events;

enum netlink_change {
	NETLINK_LINK, /* a link is new or changed */
	NETLINK_LINK_GONE,
	NETLINK_ADDRESS, /* an address is new or changed; `address` is set */
	NETLINK_ADDRESS_GONE,
	NETLINK_TC,   /* a qdisc or filter of this link was added, changed or deleted */
	NETLINK_LOST, /* notifications were lost: read everything again */
};

struct netlink_event {
	enum netlink_change change;
	int ifindex;              /* 0 with NETLINK_LOST */
	struct netlink_link link; /* NETLINK_LINK and NETLINK_LINK_GONE */
	bool asks_to_announce;    /* NETLINK_LINK: the addresses are to be announced again */
	struct ip_prefix address; /* NETLINK_ADDRESS and NETLINK_ADDRESS_GONE */
};

typedef void netlink_events_handler(const struct netlink_event *event, void *arg);

/* Open the socket and subscribe. Only netlink_events_dispatch() calls `handler`. Sets *out;
 * negative errno on failure. */
int netlink_events_open(netlink_events_handler *handler, void *arg, struct netlink_events **out);
void netlink_events_close(struct netlink_events *events);

/* The descriptor to watch for reading, and the function to call when it is readable. It reads a
 * bounded number of notifications without blocking; the event loop calls it again if there are
 * more. Lost notifications are reported as NETLINK_LOST, never as an error. */
int netlink_events_fd(const struct netlink_events *events);
int netlink_events_dispatch(struct netlink_events *events);

#endif
