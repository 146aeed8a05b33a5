/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_yield: no route of the TAP is in the way of a program that configures the NIC.
 *
 * The kernel refuses a route that is added (`ip route add`, which ifupdown calls for `gateway`) if
 * any link has one with the same destination, table and metric. The TAP often has: the route that
 * the same program added before, and that has moved, or that of the file. So while a program is
 * at it, the TAP's routes are set aside: each is replaced by one with the next greater metric
 * (netlink_saved_append_aside()), which works as well as long as there is no other.
 */
#ifndef CLUSTERARPD_TAP_TAP_YIELD_H
#define CLUSTERARPD_TAP_TAP_YIELD_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink/netlink.h"

struct tap_yield;

/* Both are borrowed. NULL: out of memory. */
struct tap_yield *tap_yield_create(const struct peers *peers, struct netlink *netlink);
void tap_yield_destroy(struct tap_yield *yield); /* NULL is fine */

/* Set the routes of the TAP aside, except those that the kernel makes or made, that have several
 * next hops, or that have a cluster address as source. Again: those that have come since. */
void tap_yield_begin(struct tap_yield *yield, int tap);
/* What has appeared on the NIC has moved to the TAP: put the routes back, except where there is
 * another with the same key now. */
void tap_yield_end(struct tap_yield *yield, int tap);
bool tap_yield_is_on(const struct tap_yield *yield);
/* There is no TAP with these routes any more: forget them. */
void tap_yield_forget(struct tap_yield *yield);
/* Remove what an earlier run had set aside when it crashed. */
void tap_yield_clean(struct tap_yield *yield, int tap);

#endif
