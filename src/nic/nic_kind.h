/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_kind: what arrives through a NIC that is a macvlan or an ipvlan. No kernel, no log.
 *
 * A macvlan gets unicast frames for its own MAC alone, whatever its memberships and promiscuous
 * mode are (macvlan_handle_frame() in the kernel); only in mode passthru it gets all. In mode
 * source it gets what comes from the MACs of a list. An ipvlan gets what is for the IP addresses
 * that it has itself, but clusterarpd needs them on the TAP; in mode l2 groups arrive, too.
 */
#ifndef CLUSTERARPD_NIC_NIC_KIND_H
#define CLUSTERARPD_NIC_NIC_KIND_H

#include "base/addr.h"
#include "io/netlink/netlink_link.h"

#define NIC_KIND_TEXT 512

/* Of what is sent to the cluster MAC and to the node's dedicated MAC. */
enum nic_kind {
	NIC_KIND_ALL,
	NIC_KIND_PART,
	NIC_KIND_NOTHING,
};

/* `text`: which MACs it is about, and what to do instead, for a line; "" with NIC_KIND_ALL. */
enum nic_kind nic_kind_of(const struct netlink_link *link, const struct mac *cluster,
			  const struct mac *dedicated, char text[NIC_KIND_TEXT]);

#endif
