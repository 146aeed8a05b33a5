/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_addresses: a dump of all addresses; see own_addresses.h. */
#include "tap/own_addresses.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool is_loopback(const struct ip_addr *ip)
{
	static const uint8_t ipv6[16] = { [15] = 1 };

	return ip->family == AF_INET ? ip->b[0] == 127 : !memcmp(ip->b, ipv6, sizeof(ipv6));
}

/* IFA_F_OPTIMISTIC: RFC 4429, the stack uses it already. IFA_F_DADFAILED comes with
 * IFA_F_TENTATIVE. */
static bool is_tentative(const struct netlink_address *address)
{
	return (address->flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) == IFA_F_TENTATIVE;
}

/* The addresses of the TAP, or those of all other links, after the first `count` of `out`. Returns
 * the new count. */
static size_t append(struct peers_own *out, size_t count, const struct netlink_address *list,
		     size_t n, int tap, bool of_tap)
{
	for (size_t i = 0; i < n; i++) {
		const struct ip_addr *ip = &list[i].prefix.addr;

		if ((list[i].ifindex == tap) != of_tap || is_loopback(ip) ||
		    (!of_tap && ip_is_link_local(ip)))
			continue;
		out[count++] = (struct peers_own){ list[i].prefix, is_tentative(&list[i]) };
	}
	return count;
}

static int set_own(struct peers *peers, const struct netlink_address *list, size_t n, int tap,
		   size_t *left_out)
{
	struct peers_own *own = calloc(n + 1, sizeof(*own));
	size_t count;
	int rc;

	if (!own)
		return -ENOMEM;
	count = append(own, 0, list, n, tap, true);
	count = append(own, count, list, n, tap, false);
	*left_out = count > PEERS_OWN_MAX ? count - PEERS_OWN_MAX : 0;
	rc = peers_set_own(peers, own, count);
	free(own);
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
