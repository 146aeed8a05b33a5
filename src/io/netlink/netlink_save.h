/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_save: save the addresses and routes of a link, and restore them on that link or another.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_SAVE_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_SAVE_H

#include "io/netlink/netlink.h"
#include "io/netlink/netlink_saved.h"

/* Save what is on a link: its addresses, in their order, then the routes through it. Not saved is
 * what the kernel makes for every interface or address: IPv6 link-local and temporary addresses,
 * multicast routes, and its own routes in the table `local`. An IPv6 route with several nexthops is
 * saved as one route for each, as the kernel keeps it. *out must be an empty list. On a negative
 * errno it is empty again. */
int netlink_save(struct netlink *nl, int ifindex, struct netlink_saved_list *out);
/* The same for its IPv6 link-local addresses. */
int netlink_save_link_local(struct netlink *nl, int ifindex, struct netlink_saved_list *out);

/* The position of a route among those with the same key. */
enum netlink_place {
	NETLINK_PLACE_OWN,   /* before the existing ones, unless it was saved as `is_behind` */
	NETLINK_PLACE_FRONT, /* the same, even if the kernel has already made this route */
};

/* Add it to a link. `is_home`: this is the link that it was saved from. On another link an address
 * loses its label, and is no base for temporary addresses (IFA_F_MANAGETEMPADDR), and a connected
 * IPv6 route that has the kernel's metric gets NETLINK_CONNECTED_METRIC. An IPv6 address skips
 * duplicate address detection, unless it needs_dad. A limited lifetime is reduced by the time since
 * it was saved. -EEXIST: it exists already; -ETIME: its lifetime has expired; -ENETUNREACH,
 * -EHOSTUNREACH: another route must be added first; -EOPNOTSUPP: is_refused. */
int netlink_saved_add(struct netlink *nl, const struct netlink_saved *item, int ifindex,
		      bool is_home, enum netlink_place place);
/* Give the lifetime of a saved address to the same address on another link, which is added if it is
 * not there. -ETIME: as above. */
int netlink_saved_renew(struct netlink *nl, const struct netlink_saved *address, int ifindex);
/* Remove it from a link. */
int netlink_saved_remove(struct netlink *nl, const struct netlink_saved *item, int ifindex);

#endif
