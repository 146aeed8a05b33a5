/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_addresses: a dump of all addresses; see own_addresses.h. */
#include "tap/own_addresses.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"

static int set_own(struct peers *peers, const struct netlink_address *list, size_t count)
{
	struct ip_prefix *prefixes = calloc(count + 1, sizeof(*prefixes));
	int rc;

	if (!prefixes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		prefixes[i] = list[i].prefix;
	rc = peers_set_own(peers, prefixes, count);
	free(prefixes);
	return rc;
}

int own_addresses_read(struct netlink *netlink, struct peers *peers)
{
	struct netlink_address *list;
	size_t count;
	int rc = netlink_addresses(netlink, 0, &list, &count);

	if (!rc)
		rc = set_own(peers, list, count);
	free(list);
	if (rc == -E2BIG) {
		log_warning("this host has %zu addresses: frames to those after the first %d are "
			    "dropped (elsewhere)",
			    count, PEERS_OWN_MAX);
		return 1;
	}
	return rc;
}
