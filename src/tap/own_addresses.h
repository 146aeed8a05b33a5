/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_addresses: the addresses that this host has, read over netlink into the table of peers
 * (SPEC 1): those of the file, and those that an operator, keepalived or a DHCP client adds.
 * Loopback addresses are none, and of the link-local ones only those of the TAP: the others have a
 * meaning on their own link only.
 */
#ifndef CLUSTERARPD_TAP_OWN_ADDRESSES_H
#define CLUSTERARPD_TAP_OWN_ADDRESSES_H

#include <stdbool.h>

#include "core/peers.h"
#include "io/netlink/netlink.h"

struct own_addresses {
	size_t left_out; /* those after the first PEERS_OWN_MAX; those of the TAP come first */
	size_t unlisted; /* those of the TAP that no node has by the file; not link-local ones */
	struct ip_addr first_unlisted;
};

/* Read them all; `tap`: the TAP's ifindex. `found` is set in any case. 1: they differ from those
 * known before, and whoever keeps a copy has to be told; 0: they do not; or a negative errno. */
int own_addresses_read(struct netlink *netlink, struct peers *peers, int tap,
		       struct own_addresses *found);

#endif
