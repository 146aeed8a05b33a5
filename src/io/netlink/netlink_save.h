/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_save: addresses and routes of a link, saved, and made again, on that link or another
 * one.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_SAVE_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_SAVE_H

#include "io/netlink/netlink.h"
#include "io/netlink/netlink_saved.h"

/* What is on a link: addresses, in their order, then routes by it. Left out is what the
 * kernel makes for every interface or address: IPv6 link-local and temporary addresses,
 * multicast, its own routes in the table `local`. IPv6 routes with several nexthops are kept
 * as what they are to the kernel, one route for each. Into *out, an empty list. Negative
 * errno: nothing. */
int netlink_save(struct netlink *nl, int ifindex, struct netlink_saved_list *out);
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
