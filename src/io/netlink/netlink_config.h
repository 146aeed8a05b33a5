/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_config: change links, addresses and routes, with libnl-route-3.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_CONFIG_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_CONFIG_H

#include "io/netlink/netlink.h"

int netlink_link_set_up(struct netlink *nl, int ifindex, bool up);
int netlink_link_set_mtu(struct netlink *nl, int ifindex, unsigned mtu);
int netlink_link_set_mac(struct netlink *nl, int ifindex, const struct mac *mac);
/* addr_gen_mode none: the kernel makes no IPv6 link-local address on this link (I9). */
int netlink_link_set_no_addrgen(struct netlink *nl, int ifindex);

/* Add an address as in SPEC 6. A dedicated address: with its prefix, scope global, broadcast
 * address set; IPv6: nodad. A cluster address (`cluster`): IPv4 as /32, IPv6 as
 * /128 nodad with preferred lifetime 0. -EEXIST: it exists already. */
int netlink_address_add(struct netlink *nl, int ifindex, const struct ip_prefix *address,
			bool cluster);
/* Remove an address, as netlink_address_list() gives it. */
int netlink_address_remove(struct netlink *nl, int ifindex, const struct ip_prefix *address);
/* Add an on-link route to the network of `prefix`: scope link, preferred source `source`. */
int netlink_route_add_onlink(struct netlink *nl, int ifindex, const struct ip_prefix *prefix,
			     const struct ip_addr *source);
/* The same as the kernel adds it with an address: the connected route of `address`. -EEXIST: there
 * is a route to that network already. */
int netlink_route_add_connected(struct netlink *nl, int ifindex, const struct ip_prefix *address);
/* Add a default route through `gateway`; `source`: preferred source, or NULL. -EEXIST: there is one
 * already. */
int netlink_route_add_default(struct netlink *nl, int ifindex, const struct ip_addr *gateway,
			      const struct ip_addr *source);

#endif
