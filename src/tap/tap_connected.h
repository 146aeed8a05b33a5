/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_connected: the TAP's connected IPv4 routes are told from those of the NIC.
 *
 * With an address the kernel makes a route to its network. While a program configures the NIC with
 * an address that the TAP has, both links have such a route, and only the link differs.
 * systemd-networkd 257 tells IPv4 routes apart by everything else: it takes the TAP's for that of
 * the NIC, and then never sets a default route. So those of the TAP have a protocol of their own,
 * which changes nothing for what is sent.
 */
#ifndef CLUSTERARPD_TAP_TAP_CONNECTED_H
#define CLUSTERARPD_TAP_TAP_CONNECTED_H

#include "io/netlink/netlink.h"

/* Replace each IPv4 route of the TAP (`tap`: its ifindex) that the kernel made with an address by
 * the same one of the protocol NETLINK_PROTOCOL_CONNECTED, in its place among those of the same
 * key. Nothing to do is fine. 0, or a negative errno: some are as before. */
int tap_connected_mark(struct netlink *netlink, int tap);

#endif
