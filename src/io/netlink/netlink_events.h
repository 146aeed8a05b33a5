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
	NETLINK_TC,   /* a qdisc or filter of this link came, changed or went */
	NETLINK_LOST, /* notifications were lost: look at everything again */
};

struct netlink_event {
	enum netlink_change change;
	int ifindex;              /* 0 with NETLINK_LOST */
	struct netlink_link link; /* NETLINK_LINK and NETLINK_LINK_GONE */
	struct ip_prefix address; /* NETLINK_ADDRESS and NETLINK_ADDRESS_GONE */
};

typedef void netlink_events_handler(const struct netlink_event *event, void *arg);

/* Open the socket and subscribe. `handler` is called from netlink_events_dispatch() alone. Sets
 * *out; negative errno on failure. */
int netlink_events_open(netlink_events_handler *handler, void *arg, struct netlink_events **out);
void netlink_events_close(struct netlink_events *events);

/* The descriptor to watch for reading, and what to call then: reads a bounded number of
 * notifications without blocking (an event loop calls again when more wait). Lost notifications
 * are reported as NETLINK_LOST, never as an error. */
int netlink_events_fd(const struct netlink_events *events);
int netlink_events_dispatch(struct netlink_events *events);

#endif
