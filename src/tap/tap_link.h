/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: the stack's side: the TAP device as a configured interface, with the cluster
 * MAC, the addresses and routes of SPEC section 6. Logs what fails.
 */
#ifndef CLUSTERARPD_TAP_TAP_LINK_H
#define CLUSTERARPD_TAP_TAP_LINK_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink.h"
#include "io/tap_device.h"

struct host;

/* Make the TAP device: nobody else has it from now on; it is down and without
 * addresses. `peers` and `netlink` are borrowed. NULL after a log line. */
struct host *host_create(const struct peers *peers, struct netlink *netlink);
/* The descriptor is closed: the TAP goes, unless the service manager keeps it. */
void host_destroy(struct host *host);
/* It goes for good. First its addresses but those that `keeps` says; then its routes and
 * the other addresses; at last the TAP, with host_destroy(). */
void host_remove_addresses(struct host *host,
			   bool (*keeps)(const struct ip_addr *address, const void *arg),
			   const void *arg);
void host_take_down(struct host *host);

/* Give it MAC, MTU (`mtu`: the NIC's, 0 while there is none), addresses and routes, and
 * set it up. 0, or a negative errno after a log line. */
int host_configure(struct host *host, unsigned mtu);

/* Somebody has deleted the TAP: make another one, as host_create() does. Its descriptor and
 * index are others then. */
int host_renew(struct host *host);

struct tap *host_tap(struct host *host);
int host_ifindex(const struct host *host);
/* As of the last look at it. */
bool host_is_up(const struct host *host);
/* The configuration is another now, as far as it may be without a restart: the MTU. */
void host_reload(struct host *host, unsigned nic_mtu);
/* The NIC's MTU is `mtu` now: follow it, unless the configuration has one. */
void host_follow_mtu(struct host *host, unsigned mtu);
/* Let the TAP have carrier, or not. True: it has, and had not. */
bool host_set_carrier(struct host *host, bool carrier);
/* The TAP's link changed: set up again by somebody, it gets the routes back that the kernel
 * removed when it was set down. `was_down`: it is known to have been so, if only for a
 * moment, or may have been. True: it came back. */
bool host_link_changed(struct host *host, bool was_down);

#endif
