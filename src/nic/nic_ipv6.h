/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_ipv6: while the daemon runs, the NIC has no IPv6 link-local address and makes none (SPEC 5):
 * the kernel would take multicast for it, and multicast listener reports, router solicitations and
 * duplicate address detection would come from it if the shield did not stop them.
 *
 * At a stop the NIC gets back what it had: its addr_gen_mode, and its addresses without a new
 * duplicate address detection.
 */
#ifndef CLUSTERARPD_NIC_NIC_IPV6_H
#define CLUSTERARPD_NIC_NIC_IPV6_H

#include <stdbool.h>
#include <stdint.h>

#include "io/netlink/netlink.h"
#include "nic/adopt_rounds.h"
#include "persist/nic_record.h"

/* Add to the record what the NIC has, before anything changes. If a record of the same NIC has it
 * already, it stays, and what has appeared since is added. -ENOMEM, or the errno of a look-up. */
int nic_ipv6_note(struct netlink *netlink, const struct netlink_link *link,
		  struct nic_record *record);
/* The record is lost, and the NIC may be as nic_ipv6_remove() left it: assume in it what the kernel
 * makes by default. */
void nic_ipv6_guess(const struct netlink_link *link, struct nic_record *record);
/* Have the kernel make none, and remove those in the record. Logs what fails. */
void nic_ipv6_remove(struct netlink *netlink, const struct netlink_link *link,
		     const struct nic_record *record);
/* Restore what is in the record. The kernel has nothing to restore on a link that is down: it makes
 * the address when the link is set up. Logs what fails. */
void nic_ipv6_put_back(struct netlink *netlink, int ifindex, const struct nic_record *record);

/* The NIC has a link-local address, which a program or the kernel has added since. May it be
 * removed? Not if that has happened again and again, which is logged once. `now`: monotonic
 * milliseconds. */
bool nic_ipv6_may_remove(struct adopt_rounds *rounds, const struct netlink_link *link,
			 uint64_t now);

#endif
