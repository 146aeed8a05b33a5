/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_addresses: a dump of all addresses; see own_addresses.h. */
#include "tap/own_addresses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool is_loopback(const struct ip_addr *ip)
{
	static const uint8_t ipv6[16] = { [15] = 1 };

	return ip->family == AF_INET ? ip->b[0] == 127 : !memcmp(ip->b, ipv6, sizeof(ipv6));
}

/* The addresses of the TAP, or those of all other links, after the first `count` of `out`. Returns
 * the new count. */
static size_t append(struct ip_prefix *out, size_t count, const struct netlink_address *list,
		     size_t n, int tap, bool of_tap)
{
	for (size_t i = 0; i < n; i++) {
		const struct ip_addr *ip = &list[i].prefix.addr;

		if ((list[i].ifindex == tap) != of_tap || is_loopback(ip) ||
		    (!of_tap && ip_is_link_local(ip)))
			continue;
		out[count++] = list[i].prefix;
	}
	return count;
}

static int set_own(struct peers *peers, const struct netlink_address *list, size_t n, int tap,
		   size_t *left_out)
{
	struct ip_prefix *prefixes = calloc(n + 1, sizeof(*prefixes));
	size_t count;
	int rc;

	if (!prefixes)
		return -ENOMEM;
	count = append(prefixes, 0, list, n, tap, true);
	count = append(prefixes, count, list, n, tap, false);
	*left_out = count > PEERS_OWN_MAX ? count - PEERS_OWN_MAX : 0;
	rc = peers_set_own(peers, prefixes, count);
	free(prefixes);
	return rc;
}

int own_addresses_read(struct netlink *netlink, struct peers *peers, int tap, size_t *left_out)
{
	struct netlink_address *list;
	size_t count;
	int rc = netlink_addresses(netlink, 0, &list, &count);

	*left_out = 0;
	if (!rc)
		rc = set_own(peers, list, count, tap, left_out);
	free(list);
	return rc;
}
