/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_save: addresses and routes of a link, kept as the kernel told of them, with every
 * attribute, to be made again, on that link or another one.
 *
 * What is kept is the body of a netlink message, in which 0 stands for the link's index:
 * it fits a link that has come back under another one.
 */
#ifndef CLUSTERARPD_IO_NETLINK_SAVE_H
#define CLUSTERARPD_IO_NETLINK_SAVE_H

#include "io/netlink.h"

struct netlink_saved {
	bool is_route;   /* else an address */
	bool is_refused; /* a route that cannot be made again: it has a nexthop object */
	bool is_behind;  /* a route that stands behind one by another link of the same key */
	uint64_t saved;  /* when: seconds since boot, suspended ones included */
	uint32_t len;
	unsigned char *body; /* `len` bytes */
	int result;          /* the caller's, of netlink_saved_add() */
};

struct netlink_saved_list {
	struct netlink_saved *list;
	size_t count;
};

/* What is on a link: addresses, in their order, then routes by it. Left out is what the
 * kernel makes for every interface or address: IPv6 link-local and temporary addresses,
 * multicast, its own routes in the table `local`. IPv6 routes with several nexthops are kept
 * as what they are to the kernel, one route for each. Into *out, an empty list. Negative
 * errno: nothing. */
int netlink_save(struct netlink *nl, int ifindex, struct netlink_saved_list *out);
/* Append a copy. -ENOMEM. */
int netlink_saved_append(struct netlink_saved_list *list, const struct netlink_saved *item);
void netlink_saved_clear(struct netlink_saved_list *list);

/* Is what it holds, which came from a file, an address or a route at all? */
bool netlink_saved_is_valid(const struct netlink_saved *item);
/* The same address (with its prefix), or the same route but for its lifetime? */
bool netlink_saved_equal(const struct netlink_saved *a, const struct netlink_saved *b);
/* The address, or the route's destination. False: neither IPv4 nor IPv6. */
bool netlink_saved_prefix(const struct netlink_saved *item, struct ip_prefix *out);
/* The preferred source of a route. False: it has none. */
bool netlink_saved_source(const struct netlink_saved *item, struct ip_addr *out);
/* A route that the kernel made with an address? */
bool netlink_saved_is_kernels(const struct netlink_saved *item);
/* Does the kernel make `route` with `address`? */
bool netlink_saved_makes(const struct netlink_saved *address, const struct netlink_saved *route);

/* Does it end by itself? */
bool netlink_saved_has_lifetime(const struct netlink_saved *item);

/* Where a route comes among those of the same key. */
enum netlink_place {
	NETLINK_PLACE_OWN,   /* before those that are there, unless it stood behind another */
	NETLINK_PLACE_FRONT, /* so, even if the kernel has made it already */
};

/* Make it on a link. `is_home`: it is the link that it was saved from; else an address
 * goes without its label, without duplicate address detection and without being one that
 * the kernel makes temporary ones from.  What has a lifetime gets what is left of it.
 * -EEXIST: it is there; -ETIME: its lifetime is over; -ENETUNREACH, -EHOSTUNREACH: another
 * route has to come first; -EOPNOTSUPP: is_refused. */
int netlink_saved_add(struct netlink *nl, const struct netlink_saved *item, int ifindex,
		      bool is_home, enum netlink_place place);
int netlink_saved_remove(struct netlink *nl, const struct netlink_saved *item, int ifindex);

#endif
