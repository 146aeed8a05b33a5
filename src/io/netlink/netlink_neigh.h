/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_neigh: the kernel's neighbour table of one link: its changes, and dumps of it.
 *
 * Two sockets of their own, neither of which ever blocks: one hears the changes, of this
 * link's IPv4 and IPv6 neighbours alone (the kernel sorts the others out), the other
 * gets dumps, a piece a call. None of the functions logs.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_NEIGH_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_NEIGH_H

#include "core/mirror.h"
#include "io/netlink/netlink.h"

struct netlink_neigh;

struct netlink_neigh_handler {
	void (*changed)(const struct mirror_entry *entry, void *arg); /* new, or other */
	void (*gone)(const struct ip_addr *dst, void *arg);
	void (*lost)(void *arg); /* changes were, that were before those to come */
	void (*dumped)(const struct mirror_entry *entry, void *arg);
	/* The last of a dump; `error`: 0, or a negative errno: it is not complete. */
	void (*dump_ended)(int error, void *arg);
	void *arg;
};

/* Begin to hear; no dump yet. Nothing is called but from the two dispatch functions, and
 * none of what is called may close it. Sets *out; negative errno on failure. */
int netlink_neigh_open(int ifindex, const struct netlink_neigh_handler *handler,
		       struct netlink_neigh **out);
void netlink_neigh_close(struct netlink_neigh *neigh);

/* The descriptors to watch for reading, and what to call then; each reads a bounded
 * number of messages. Negative errno: the socket is broken. */
int netlink_neigh_changes_fd(const struct netlink_neigh *neigh);
int netlink_neigh_dispatch_changes(struct netlink_neigh *neigh);
int netlink_neigh_dump_fd(const struct netlink_neigh *neigh);
int netlink_neigh_dispatch_dump(struct netlink_neigh *neigh);

/* Ask for a dump; one at a time: not before dump_ended. Negative errno: none comes. */
int netlink_neigh_dump(struct netlink_neigh *neigh);

/* Make or replace an entry, by the requests' socket of `netlink`. */
int netlink_neigh_set(struct netlink *netlink, int ifindex, const struct mirror_entry *entry);
/* Remove one. */
int netlink_neigh_remove(struct netlink *netlink, int ifindex, const struct mirror_entry *entry);

#endif
