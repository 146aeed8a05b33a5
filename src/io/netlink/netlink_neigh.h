/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_neigh: the kernel's neighbour table of one link: its changes, and dumps of it.
 *
 * It has two sockets of its own, and neither ever blocks. One receives the changes of this link's
 * IPv4 and IPv6 neighbours (a socket filter drops all others), the other receives dumps, one part
 * per call. None of the functions logs.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_NEIGH_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_NEIGH_H

#include "core/mirror.h"
#include "io/netlink/netlink.h"

struct netlink_neigh;

struct netlink_neigh_handler {
	void (*changed)(const struct mirror_entry *entry, void *arg); /* new or changed */
	void (*gone)(const struct ip_addr *dst, void *arg);
	void (*lost)(void *arg); /* changes were lost, older than those still to come */
	void (*dumped)(const struct mirror_entry *entry, void *arg);
	/* The end of a dump. `error`: 0, or a negative errno: the dump is incomplete. */
	void (*dump_ended)(int error, void *arg);
	void *arg;
};

/* Begin to receive changes; no dump yet. Only the two dispatch functions call the handler, and the
 * handler must not close it. Sets *out; negative errno on failure. */
int netlink_neigh_open(int ifindex, const struct netlink_neigh_handler *handler,
		       struct netlink_neigh **out);
void netlink_neigh_close(struct netlink_neigh *neigh);

/* The descriptors to watch for reading, and the functions to call when they are readable; each
 * reads a bounded number of messages. Negative errno: the socket is broken. */
int netlink_neigh_changes_fd(const struct netlink_neigh *neigh);
int netlink_neigh_dispatch_changes(struct netlink_neigh *neigh);
int netlink_neigh_dump_fd(const struct netlink_neigh *neigh);
int netlink_neigh_dispatch_dump(struct netlink_neigh *neigh);

/* Request a dump; one at a time: not before dump_ended. Negative errno: there will be none. */
int netlink_neigh_dump(struct netlink_neigh *neigh);

/* Add or replace an entry, through the request socket of `netlink`. */
int netlink_neigh_set(struct netlink *netlink, int ifindex, const struct mirror_entry *entry);
/* Remove an entry. */
int netlink_neigh_remove(struct netlink *netlink, int ifindex, const struct mirror_entry *entry);

#endif
