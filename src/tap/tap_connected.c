/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_connected: the protocol of the TAP's connected IPv4 routes; see tap_connected.h. */
#include "tap/tap_connected.h"

#include <errno.h>

#include "io/netlink/netlink_save.h"

/* The other route is added first, so that there is always one. */
static int replace(struct netlink *netlink, const struct netlink_saved *old,
		   const struct netlink_saved *connected, int tap)
{
	int rc = netlink_saved_add(netlink, connected, tap, true, NETLINK_PLACE_FRONT);

	if (!rc || rc == -EEXIST)
		rc = netlink_saved_remove(netlink, old, tap);
	return rc == -ESRCH ? 0 : rc; /* its address has gone meanwhile, and it with it */
}

static int mark(struct netlink *netlink, const struct netlink_saved *item, int tap)
{
	struct netlink_saved_list copy = { 0 };
	int rc = netlink_saved_append(&copy, item);

	if (!rc && netlink_saved_connect(copy.list))
		rc = replace(netlink, item, copy.list, tap);
	netlink_saved_clear(&copy);
	return rc;
}

int tap_connected_mark(struct netlink *netlink, int tap)
{
	struct netlink_saved_list here = { 0 };
	int rc = netlink_save(netlink, tap, &here);

	for (size_t i = 0; i < here.count && !rc; i++)
		rc = mark(netlink, &here.list[i], tap);
	netlink_saved_clear(&here);
	return rc;
}
