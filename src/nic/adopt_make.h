/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * adopt_make: a list of addresses and routes made on a link, in an order in which they can be.
 */
#ifndef CLUSTERARPD_NIC_ADOPT_MAKE_H
#define CLUSTERARPD_NIC_ADOPT_MAKE_H

#include <stdbool.h>

#include "io/netlink/netlink.h"
#include "io/netlink/netlink_save.h"

/* Where and how. */
struct adopt_making {
	struct netlink *netlink;
	int ifindex;
	const char *name;
	bool is_home; /* the link that they were saved from: what waits for duplicate address
		       * detection there is waited for, some seconds */
	enum netlink_place place;
};

/* Make those whose result is -EAGAIN. Their result is that of netlink_saved_add() then; what
 * fails is logged. */
void adopt_make(struct netlink_saved_list *list, const struct adopt_making *m);
/* Likewise, later, the routes that were there, for they may have gone. */
void adopt_make_again(struct netlink_saved_list *list, const struct adopt_making *m);

/* Is it there? */
bool adopt_is_made(const struct netlink_saved *item);
/* Is it to be tried (again)? */
bool adopt_is_open(const struct netlink_saved *item);

#define ADOPT_DESCRIPTION (PREFIX_STRLEN + 10)
/* "address 192.0.2.1/24", "route to …", "default route" into `text`, which is returned. */
const char *adopt_describe(const struct netlink_saved *item, char text[ADOPT_DESCRIPTION]);
/* A line: `link` cannot `what` (add, remove) it. */
void adopt_complain(const char *what, const struct netlink_saved *item, const char *link, int rc);

#endif
