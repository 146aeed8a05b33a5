/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: the stack's side: the TAP device as a configured interface, with the cluster
 * MAC, the addresses and routes of SPEC section 6. Logs what fails.
 */
#ifndef CLUSTERARPD_HOST_H
#define CLUSTERARPD_HOST_H

#include "core/peers.h"
#include "io/netlink.h"
#include "io/tap.h"

struct host;

/* `peers` and `netlink` are borrowed. `mtu`: the NIC's, 0 while there is none. Makes the
 * TAP, gives it MAC, MTU, addresses and routes, and sets it up. NULL after a log line. */
struct host *host_create(const struct peers *peers, struct netlink *netlink, unsigned mtu);
/* The TAP goes, with its addresses and routes. */
void host_destroy(struct host *host);

struct tap *host_tap(struct host *host);
int host_ifindex(const struct host *host);
/* The NIC's MTU is `mtu` now: follow it, unless the configuration has one. */
void host_follow_mtu(struct host *host, unsigned mtu);

#endif
