/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_order: is the kernel's list of the TAP's addresses in order? The dedicated addresses come
 * before the cluster addresses, in each family.
 *
 * IPv4: the kernel has the primary addresses first, in the order in which they were added. IPv6:
 * the newest address of a scope comes first.
 */
#ifndef CLUSTERARPD_TAP_TAP_ORDER_H
#define CLUSTERARPD_TAP_TAP_ORDER_H

#include <stdbool.h>

#include "config/config.h"
#include "io/netlink/netlink_link.h"

/* The addresses on the TAP, in the kernel's order. */
struct tap_present {
	struct netlink_address *list;
	size_t count;
};

/* An address of the file as it is on the TAP: a cluster address has no network there. */
struct ip_prefix tap_order_on_tap(const struct ip_prefix *address, bool cluster);
/* The place of an address in the list; `count`: it is not there. */
size_t tap_order_find(const struct tap_present *now, const struct ip_prefix *wanted);
/* Is duplicate address detection of an address still going on, or has it failed? Such an address
 * has no place in the order. */
bool tap_order_is_tentative(const struct netlink_address *address);

/* Does a cluster address stand before the first dedicated one? */
bool tap_order_is_wrong_ipv4(const struct tap_present *now,
			     const struct config_addresses *dedicated,
			     const struct config_addresses *cluster);
/* Does a cluster address stand before a dedicated one, or are the dedicated ones not in the file's
 * order? */
bool tap_order_is_wrong_ipv6(const struct tap_present *now,
			     const struct config_addresses *dedicated,
			     const struct config_addresses *cluster);

#endif
