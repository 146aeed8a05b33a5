/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_use: tells whether other programs use a NIC that was down and that the daemon has set up. If
 * they do, a stop leaves it up (SPEC 5): setting it down would cut the host off.
 */
#ifndef CLUSTERARPD_NIC_NIC_USE_H
#define CLUSTERARPD_NIC_NIC_USE_H

#include <stdbool.h>

#include "io/netlink/netlink.h"

/* Does the link have an address, except link-local ones, which the kernel makes, or a master? In
 * doubt, true. */
bool nic_use_is_found(struct netlink *netlink, int ifindex);

/* Finds in the notifications about the link that another program set it up. */
struct nic_use {
	bool is_up;   /* by the notifications so far */
	bool is_ours; /* the daemon has set it up, and the notification of that is still to come */
};

/* The daemon has taken over the link, and has set it up if it was down. */
void nic_use_begin(struct nic_use *use, bool was_up);
/* A notification has arrived. True: another program has set the link down and then up. */
bool nic_use_heard(struct nic_use *use, bool is_up);

#endif
