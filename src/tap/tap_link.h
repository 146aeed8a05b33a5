/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_link: the TAP device as a network interface of the host's stack, configured with the cluster
 * MAC, and with the addresses and routes of SPEC section 6. Logs what fails.
 */
#ifndef CLUSTERARPD_TAP_TAP_LINK_H
#define CLUSTERARPD_TAP_TAP_LINK_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink/netlink.h"
#include "io/tap_device.h"
#include "tap/tap_ipv6.h"

struct tap_link;

/* Create the TAP device, down and without addresses, or adopt that of an earlier run. From now on
 * no other process can open it. `peers` and `netlink` are borrowed. NULL after a log line. */
struct tap_link *tap_link_create(const struct peers *peers, struct netlink *netlink);
/* Close the descriptor: the TAP vanishes, unless the service manager keeps a copy. */
void tap_link_destroy(struct tap_link *tap);
/* Remove the TAP for good, in steps. First its addresses, except those for which `keeps` returns
 * true; then tap_link_take_down() removes its routes and the other addresses; finally
 * tap_link_destroy() removes the device. */
void tap_link_remove_addresses(struct tap_link *tap,
			       bool (*keeps)(const struct ip_addr *address, const void *arg),
			       const void *arg);
void tap_link_take_down(struct tap_link *tap);

/* Set its MAC, MTU (`mtu`: the NIC's; 0: there is no NIC), addresses and routes, and set it up. An
 * adopted TAP only gets the MTU. 0, or a negative errno after a log line. */
int tap_link_configure(struct tap_link *tap, unsigned mtu);

/* The TAP was deleted: create it again, like tap_link_create(). Descriptor and index change. 0, or
 * a negative errno after a log line. */
int tap_link_renew(struct tap_link *tap);

/* What a check of the TAP had to correct. */
struct tap_repairs {
	bool mac, mtu, addrgen, order; /* `order`: of the addresses */
	unsigned addresses, routes;    /* that were missing */
	struct tap_ipv6_repairs ipv6;
};
/* Called by daemon/links.c after any change. Put back what another program changed on the TAP (SPEC
 * 5): its MAC, MTU and addr_gen_mode, token and link-local address, the addresses and routes of the
 * file; remove what the kernel made from the cluster MAC. Whether it is up is left alone; while it
 * is down, the kernel keeps no IPv6 addresses. What is missing because IPv6 was off is added when
 * it is on again, and is no repair. `nic_mtu` as in tap_link_configure(). Sets *done. 0, or a
 * negative errno: it has to be tried again. */
int tap_link_repair(struct tap_link *tap, unsigned nic_mtu, struct tap_repairs *done);

/* Was anything corrected? Then *text names it: "MAC, 2 addresses". */
#define TAP_REPAIRS_TEXT 192
bool tap_link_describe_repairs(const struct tap_repairs *done, char text[TAP_REPAIRS_TEXT]);

/* Its IPv6, as of the last check. */
struct tap_ipv6_state {
	enum tap_ipv6_off off;
	unsigned mtu;
	struct tap_ipv6_dad dad;
};
const struct tap_ipv6_state *tap_link_ipv6(const struct tap_link *tap);

/* The NIC's routes have moved to the TAP: warn of a gateway that is not used, as another link has a
 * default route. */
void tap_link_warn_of_gateways(const struct tap_link *tap);

/* `yields`: a program configures the NIC: let no route of the TAP be in its way (tap_yield.h). Else
 * it is done. */
void tap_link_yield(struct tap_link *tap, bool yields);

struct tap_device *tap_link_device(struct tap_link *tap);
int tap_link_ifindex(const struct tap_link *tap);
/* As of the last check of the link. */
bool tap_link_is_up(const struct tap_link *tap);
/* The configuration was reloaded: apply what can change without a restart, which is the MTU. */
void tap_link_reload(struct tap_link *tap, unsigned nic_mtu);
/* The NIC's MTU is `mtu` now: use it, unless the configuration sets one. */
void tap_link_follow_mtu(struct tap_link *tap, unsigned mtu);
/* Set the TAP's carrier. True: it has carrier now, and had none or an unknown one before. */
bool tap_link_set_carrier(struct tap_link *tap, bool carrier);
/* The TAP's link changed. If it was set up again, add the IPv6 addresses and the routes that the
 * kernel removed when it was set down. `was_down`: it was down since the last call, if only for a
 * moment, or may have been. True: it came up again. */
bool tap_link_changed(struct tap_link *tap, bool was_down);

#endif
