/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic_before: what the NIC was like before the daemon changed it. It is in a record in the runtime
 * directory before each change, so that a run after a crash can still put it back (SPEC 5).
 */
#ifndef CLUSTERARPD_NIC_NIC_BEFORE_H
#define CLUSTERARPD_NIC_NIC_BEFORE_H

#include <stdbool.h>

#include "io/netlink/netlink.h"
#include "nic/shield.h"
#include "persist/nic_record.h"

struct nic_before {
	char *path;
	struct nic_record record;
	bool was_up; /* a NIC that is gone had been up before the daemon took it over */
};

/* `socket`: path of the control socket; `interface`: as in the configuration. False: no memory. */
bool nic_before_init(struct nic_before *b, const char *socket, const char *interface);
void nic_before_clear(struct nic_before *b);

/* Record the state before the daemon: from the record of an earlier run that did not stop cleanly,
 * if there is one, else the present state. 0, or a negative errno after a log line. */
int nic_before_note(struct nic_before *b, const struct shield *shield,
		    const struct netlink_link *link);
/* Add IPv6 link-local addresses that have appeared since. 0, or a negative errno after a log line:
 * they are not recorded. */
int nic_before_note_ipv6(struct nic_before *b, struct netlink *netlink,
			 const struct netlink_link *link);
/* The stop leaves the NIC up, because another program uses it. */
void nic_before_set_used(struct nic_before *b);
/* The qdisc that is there from now on is the daemon's. */
void nic_before_set_qdisc_ours(struct nic_before *b);
/* The NIC is gone, or put back: remove the record. A later NIC of this name is left up at the end
 * if this one was up before. */
void nic_before_remove(struct nic_before *b);
/* The same, but leave the file. */
void nic_before_forget(struct nic_before *b);

/* If other programs use a NIC that was down, change the record so that it stays up. To be called
 * before addresses are given back. */
void nic_before_keep_if_used(struct netlink *netlink, const struct netlink_link *link,
			     struct nic_record *record);
/* Set the NIC down if it was down; detach the shield, and remove clsact if the daemon added it and
 * no other program uses it; give the NIC its IPv6 link-local address back. */
void nic_before_put_back(struct shield *shield, const struct nic_record *record);

#endif
