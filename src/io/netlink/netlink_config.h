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
/* addr_gen_mode, IN6_ADDR_GEN_MODE_NONE, … of linux/if_link.h. Addresses that are there stay. */
int netlink_link_set_addrgen(struct netlink *nl, int ifindex, uint8_t mode);
/* addr_gen_mode none: the kernel makes no IPv6 link-local address on this link (I9). */
int netlink_link_set_no_addrgen(struct netlink *nl, int ifindex);
/* The interface identifier of addresses that the kernel makes from router advertisements. The
 * kernel lets those that it made before expire, even if the token is the same. -EINVAL: the kernel
 * takes none while the link accepts no router advertisements (sysctls accept_ra, forwarding) or
 * sends no solicitations (router_solicitations). */
int netlink_link_set_token(struct netlink *nl, int ifindex, const struct ip_addr *token);

enum netlink_address_kind {
	NETLINK_DEDICATED,     /* IPv6: nodad */
	NETLINK_DEDICATED_DAD, /* IPv6: after duplicate address detection */
	NETLINK_CLUSTER,       /* IPv4 as /32; IPv6 as /128 nodad with preferred lifetime 0 */
};
/* Add an address of the TAP as in SPEC 6. A dedicated address: with its prefix; IPv4: scope global,
 * broadcast address set. The route that an IPv6 address makes, unless it is a link-local one, has
 * the metric NETLINK_CONNECTED_METRIC. -EEXIST: it exists already. */
int netlink_address_add(struct netlink *nl, int ifindex, const struct ip_prefix *address,
			enum netlink_address_kind kind);
/* Remove an address, as netlink_address_list() gives it. */
int netlink_address_remove(struct netlink *nl, int ifindex, const struct ip_prefix *address);
/* Add an on-link route to the network of `prefix`: scope link, preferred source `source`. */
int netlink_route_add_onlink(struct netlink *nl, int ifindex, const struct ip_prefix *prefix,
			     const struct ip_addr *source);
/* Remove it, whatever its source. */
int netlink_route_remove_onlink(struct netlink *nl, int ifindex, const struct ip_prefix *prefix);
/* The connected route of `address`, as the kernel adds it with an address of the TAP; with IPv4, of
 * the protocol NETLINK_PROTOCOL_CONNECTED. -EEXIST: there is a route to that network already; with
 * IPv6: through this link. */
int netlink_route_add_connected(struct netlink *nl, int ifindex, const struct ip_prefix *address);
/* Add a default route through `gateway`; `source`: preferred source, or NULL. -EEXIST: there is one
 * already. */
int netlink_route_add_default(struct netlink *nl, int ifindex, const struct ip_addr *gateway,
			      const struct ip_addr *source);

#endif
