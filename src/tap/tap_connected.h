/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_connected: the TAP's connected routes are told from those of the NIC.
 *
 * With an address the kernel makes a route to its network. While a program configures the NIC with
 * an address that the TAP has, both links have such a route, and only the link differs.
 * systemd-networkd 257 tells routes apart by everything else: it takes the TAP's for that of the
 * NIC, and then never sets a default route. So the IPv4 ones of the TAP have a protocol of their
 * own, which changes nothing for what is sent. Of IPv6 routes it does not look at the protocol:
 * they have a metric of their own. Most get it with their address (netlink_address_add(),
 * netlink_saved_add()); the others are those of addresses that another program adds to the TAP, and
 * of router advertisements.
 *
 * Because of that protocol the kernel does not always remove an IPv4 route with its address: not if
 * the address remains, on another link or with another prefix length. And another metric of the
 * address does not change that of the route. An IPv6 route it removes with the last address of its
 * network, whatever its metric is.
 */
#ifndef CLUSTERARPD_TAP_TAP_CONNECTED_H
#define CLUSTERARPD_TAP_TAP_CONNECTED_H

#include "io/netlink/netlink.h"

/* In the table main: replace each route that the kernel made with an address of the TAP (`tap`: its
 * ifindex) as netlink_saved_connect() does. Of IPv4 routes, the first of a key stays the first,
 * another one becomes the last; those of NETLINK_PROTOCOL_CONNECTED that no address makes any more
 * are removed. To be called whenever the TAP's addresses may have changed, the kernel may have made
 * a route, or routes have moved there. 0, or a negative errno: some could not be replaced. */
int tap_connected_mark(struct netlink *netlink, int tap);

#endif
