/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt_make: adds a list of addresses and routes to a link, in an order that the kernel accepts.
 */
#ifndef CLUSTERARPD_NIC_ADOPT_MAKE_H
#define CLUSTERARPD_NIC_ADOPT_MAKE_H

#include <stdbool.h>

#include "io/netlink/netlink.h"
#include "io/netlink/netlink_save.h"

/* Where and how they are added. */
struct adopt_making {
	struct netlink *netlink;
	int ifindex;
	const char *name;
	bool is_home; /* the link that they were saved from: adopt_make() waits some seconds for
		       * what has to wait for duplicate address detection there */
	enum netlink_place place;
	bool leaves_ipv6; /* IPv6 is off on the link: nothing of it is tried */
	bool renews; /* an address that is there gets the lifetime of the item; not with is_home */
};

/* Add the items whose result is -EAGAIN, and set their result to that of netlink_saved_add(). Logs
 * what fails. */
void adopt_make(struct netlink_saved_list *list, const struct adopt_making *m);
/* Later: add again the routes that were there already (-EEXIST), because they may have been removed
 * since. */
void adopt_make_again(struct netlink_saved_list *list, const struct adopt_making *m);

/* Is it on the link, by its result? */
bool adopt_is_made(const struct netlink_saved *item);
/* Is it to be tried, or tried again? */
bool adopt_is_open(const struct netlink_saved *item);

#define ADOPT_DESCRIPTION (PREFIX_STRLEN + 10)
/* "address 192.0.2.1/24", "route to …", "default route" into `text`, which is returned. */
const char *adopt_describe(const struct netlink_saved *item, char text[ADOPT_DESCRIPTION]);
/* Log that `what` ("add", "remove") failed on `link` with the negative errno `rc`. */
void adopt_complain(const char *what, const struct netlink_saved *item, const char *link, int rc);

#endif
