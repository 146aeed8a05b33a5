/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_connected: the TAP's connected IPv4 routes are told from those of the NIC.
 *
 * With an address the kernel makes a route to its network. While a program configures the NIC with
 * an address that the TAP has, both links have such a route, and only the link differs.
 * systemd-networkd 257 tells IPv4 routes apart by everything else: it takes the TAP's for that of
 * the NIC, and then never sets a default route. So those of the TAP have a protocol of their own,
 * which changes nothing for what is sent. (It does not look at the protocol of IPv6 routes: they
 * get a metric of their own with their address, NETLINK_CONNECTED_METRIC.)
 *
 * Because of that protocol the kernel does not always remove such a route with its address: not if
 * the address remains, on another link or with another prefix length. And another metric of the
 * address does not change that of the route.
 */
#ifndef CLUSTERARPD_TAP_TAP_CONNECTED_H
#define CLUSTERARPD_TAP_TAP_CONNECTED_H

#include "io/netlink/netlink.h"

/* In the table main: replace each IPv4 route that the kernel made with an address of the TAP
 * (`tap`: its ifindex) by the same one of the protocol NETLINK_PROTOCOL_CONNECTED. The first of a
 * key stays the first, another one becomes the last. Remove those of that protocol that no address
 * makes any more. To be called whenever the TAP's addresses may have changed, or routes have moved
 * there. 0, or a negative errno: some could not be replaced. */
int tap_connected_mark(struct netlink *netlink, int tap);

#endif
