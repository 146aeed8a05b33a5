/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_link: the stack's side: the TAP device as a configured interface, with the cluster
 * MAC, the addresses and routes of SPEC section 6. Logs what fails.
 */
#ifndef CLUSTERARPD_TAP_TAP_LINK_H
#define CLUSTERARPD_TAP_TAP_LINK_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink/netlink.h"
#include "io/tap_device.h"

struct tap_link;

/* Make the TAP device: nobody else has it from now on; it is down and without
 * addresses. `peers` and `netlink` are borrowed. NULL after a log line. */
struct tap_link *tap_link_create(const struct peers *peers, struct netlink *netlink);
/* The descriptor is closed: the TAP goes, unless the service manager keeps it. */
void tap_link_destroy(struct tap_link *tap);
/* It goes for good. First its addresses but those that `keeps` says; then its routes and
 * the other addresses; at last the TAP, with tap_link_destroy(). */
void tap_link_remove_addresses(struct tap_link *tap,
			       bool (*keeps)(const struct ip_addr *address, const void *arg),
			       const void *arg);
void tap_link_take_down(struct tap_link *tap);

/* Give it MAC, MTU (`mtu`: the NIC's, 0 while there is none), addresses and routes, and
 * set it up. 0, or a negative errno after a log line. */
int tap_link_configure(struct tap_link *tap, unsigned mtu);

/* Somebody has deleted the TAP: make another one, as tap_link_create() does. Its descriptor and
 * index are others then. */
int tap_link_renew(struct tap_link *tap);

struct tap_device *tap_link_device(struct tap_link *tap);
int tap_link_ifindex(const struct tap_link *tap);
/* As of the last look at it. */
bool tap_link_is_up(const struct tap_link *tap);
/* The configuration is another now, as far as it may be without a restart: the MTU. */
void tap_link_reload(struct tap_link *tap, unsigned nic_mtu);
/* The NIC's MTU is `mtu` now: follow it, unless the configuration has one. */
void tap_link_follow_mtu(struct tap_link *tap, unsigned mtu);
/* Let the TAP have carrier, or not. True: it has, and had not. */
bool tap_link_set_carrier(struct tap_link *tap, bool carrier);
/* The TAP's link changed: set up again by somebody, it gets the routes back that the kernel
 * removed when it was set down. `was_down`: it is known to have been so, if only for a
 * moment, or may have been. True: it came back. */
bool tap_link_changed(struct tap_link *tap, bool was_down);

#endif
