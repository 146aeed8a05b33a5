/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_addresses: the addresses and routes that the file gives the TAP (SPEC 6), added and repaired.
 *
 * In the kernel's list the dedicated addresses come before the cluster addresses (tap_order.h): the
 * kernel and programs that take the first address of an interface (keepalived, hostname -I) then
 * take an address that is this node's alone.
 */
#ifndef CLUSTERARPD_TAP_TAP_ADDRESSES_H
#define CLUSTERARPD_TAP_TAP_ADDRESSES_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink/netlink.h"

/* Of whom, and where; borrowed. */
struct tap_addresses {
	const struct peers *peers;
	struct netlink *netlink;
	int ifindex;
	bool has_ipv6; /* IPv6 is on there: else its addresses and routes are left out */
	bool yields;   /* another program may add the default routes now (tap_yield.h) */
	bool dad;      /* new dedicated IPv6 addresses undergo duplicate address detection */
};

/* Add the IPv4 addresses to a TAP that has none. 0, or a negative errno after a log line. */
int tap_addresses_add_ipv4(const struct tap_addresses *t);
/* Add the routes, which go when the TAP is set down: to the networks of cluster addresses, and the
 * default route. `again`: they may exist already. 0, or a negative errno after a log line. */
int tap_addresses_add_routes(const struct tap_addresses *t, bool again);

/* After the NIC's routes have moved to the TAP: warn of a gateway that is not used, as another link
 * has a default route with the same metric. */
void tap_addresses_warn_of_gateways(const struct tap_addresses *t);

/* Add what is missing of the addresses, and put them in order. An address that another host has
 * (IFA_F_DADFAILED) is not missing. Sets *added to the number of those that were missing, *moved to
 * whether the order was wrong. 0 or a negative errno. */
int tap_addresses_repair(const struct tap_addresses *t, unsigned *added, bool *moved);
/* Add what is missing of the routes, connected ones included, on a TAP that is up. Sets *added. 0
 * or a negative errno. */
int tap_addresses_repair_routes(const struct tap_addresses *t, unsigned *added);

#endif
