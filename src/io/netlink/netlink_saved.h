/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_saved: an address or a route, kept as the kernel told of it, with every attribute.
 *
 * What is kept is the body of a netlink message, in which 0 stands for the link's index:
 * it fits a link that has come back under another one.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_SAVED_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

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

struct nlattr;

/* The length of an attribute that is a number of 32 bits; a lifetime that never ends. */
#define NETLINK_NUMBER_LEN NLA_ALIGN(NLA_HDRLEN + sizeof(uint32_t))
#define NETLINK_FOREVER    UINT32_MAX

/* For the netlink modules: the length of its header; its attributes, *len bytes of them; one of
 * them, or NULL; its address family. */
size_t netlink_saved_head(bool is_route);
struct nlattr *netlink_saved_attributes(const struct netlink_saved *item, int *len);
struct nlattr *netlink_saved_find(const struct netlink_saved *item, int type);
int netlink_saved_family(const struct netlink_saved *item);
/* Drop those behind the first `count`. */
void netlink_saved_truncate(struct netlink_saved_list *list, size_t count);

#endif
