/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_saved: an address or a route as the kernel reported it, with every attribute.
 *
 * It is saved as the body of a netlink message, with 0 as the index of the link, so that it can be
 * restored on a link that has returned with another index.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_SAVED_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct netlink_saved {
	bool is_route;     /* else an address */
	bool is_refused;   /* a route that cannot be restored: it has a nexthop object */
	bool is_behind;    /* a route after one of the same key through another link */
	bool is_tentative; /* an address, duplicate address detection of which is not complete */
	bool needs_dad;    /* an IPv6 address for which it has not succeeded: netlink_saved_add()
			    * lets the kernel do it */
	uint64_t saved;    /* when saved: seconds since boot, including suspend */
	uint32_t len;
	unsigned char *body; /* `len` bytes */
	int result;          /* for the caller: result of netlink_saved_add() */
};

struct netlink_saved_list {
	struct netlink_saved *list;
	size_t count;
};

/* Append a copy. -ENOMEM: nothing was appended. */
int netlink_saved_append(struct netlink_saved_list *list, const struct netlink_saved *item);
void netlink_saved_clear(struct netlink_saved_list *list);
/* Append the IPv6 link-local address that the kernel makes of a MAC, as if it had been saved, with
 * needs_dad. -ENOMEM as above. */
int netlink_saved_append_link_local(struct netlink_saved_list *list, const struct ip_addr *address);
/* Remove the items of an address family. */
void netlink_saved_drop_family(struct netlink_saved_list *list, int family);

/* True if it is an address or a route at all, with numbers where numbers belong: for items from a
 * file or from the kernel. All functions below need one that is. */
bool netlink_saved_is_valid(const struct netlink_saved *item);
/* True if both are the same address (with its prefix), or the same route apart from its
 * lifetime. */
bool netlink_saved_equal(const struct netlink_saved *a, const struct netlink_saved *b);
/* The item of the list that is equal to `item`; NULL: there is none. */
struct netlink_saved *netlink_saved_find_equal(const struct netlink_saved_list *list,
					       const struct netlink_saved *item);
/* The address, or the route's destination. False: neither IPv4 nor IPv6. */
bool netlink_saved_prefix(const struct netlink_saved *item, struct ip_prefix *out);
/* The preferred source of a route. False: it has none. */
bool netlink_saved_source(const struct netlink_saved *item, struct ip_addr *out);
/* True if it is a route that the kernel made with an address. */
bool netlink_saved_is_kernels(const struct netlink_saved *item);
/* True if it is a route with a list of next hops; each of an IPv6 route is an item of its own. */
bool netlink_saved_has_hops(const struct netlink_saved *item);
/* True if the kernel makes `route` with `address`, or has made it before it was connected (below).
 */
bool netlink_saved_makes(const struct netlink_saved *address, const struct netlink_saved *route);

/* Append a copy of a route that is set aside: its metric is greater by one, and its protocol is
 * NETLINK_PROTOCOL_ASIDE. -ENOMEM; -ERANGE: there is no greater metric, or its lifetime is limited.
 */
#define NETLINK_PROTOCOL_ASIDE 202 /* in no rt_protos */
int netlink_saved_append_aside(struct netlink_saved_list *list, const struct netlink_saved *route);
bool netlink_saved_is_aside(const struct netlink_saved *item);
/* Of a route that the kernel made with an address, make one as the TAP has it
 * (tap/tap_connected.h): IPv4: of the protocol NETLINK_PROTOCOL_CONNECTED; IPv6: with
 * NETLINK_CONNECTED_METRIC instead of the kernel's metric. False: it is something else, and was
 * left. */
#define NETLINK_PROTOCOL_CONNECTED 203 /* likewise */
#define NETLINK_KERNEL_METRIC      256 /* IP6_RT_PRIO_ADDRCONF */
#define NETLINK_CONNECTED_METRIC   (NETLINK_KERNEL_METRIC - 1)
bool netlink_saved_connect(struct netlink_saved *item);
/* True if it is an IPv4 route of that protocol. */
bool netlink_saved_is_connected(const struct netlink_saved *item);
/* Of an IPv6 address or route with the kernel's metric, replace it by NETLINK_CONNECTED_METRIC.
 * False: it has another, or none. */
bool netlink_saved_lower_metric(struct netlink_saved *item);

/* Routes with the same key are alternatives: the kernel uses the first one. */
struct netlink_route_key {
	struct ip_prefix to;
	uint32_t table, priority;
	uint8_t tos;
};
/* Padding is zero, so that keys can be compared as memory. */
struct netlink_route_key netlink_saved_key(const struct netlink_saved *route);
bool netlink_saved_same_key(const struct netlink_saved *a, const struct netlink_saved *b);

/* True if its lifetime is limited. */
bool netlink_saved_has_lifetime(const struct netlink_saved *item);

struct nlattr;

/* Length of a 32-bit attribute, and the value of a lifetime that never ends. */
#define NETLINK_NUMBER_LEN NLA_ALIGN(NLA_HDRLEN + sizeof(uint32_t))
#define NETLINK_FOREVER    UINT32_MAX

/* For the netlink modules: the length of the header of an item; its attributes, *len bytes of them;
 * one of them, or NULL; its address family. */
size_t netlink_saved_head(bool is_route);
struct nlattr *netlink_saved_attributes(const struct netlink_saved *item, int *len);
struct nlattr *netlink_saved_find(const struct netlink_saved *item, int type);
int netlink_saved_family(const struct netlink_saved *item);
/* Keep only the first `count` items. */
void netlink_saved_truncate(struct netlink_saved_list *list, size_t count);

#endif
