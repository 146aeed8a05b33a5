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

/* By the file; also what SLAAC makes here, which is a peer's address to the others (I9). */
static bool is_listed(const struct peers *peers, const struct ip_addr *ip)
{
	struct ip_addr id = ip_interface_id(ip);
	struct ip_addr own = ip_interface_id(&peers_self(peers)->link_local);

	return peers_by_file(peers, ip).roles || (ip->family == AF_INET6 && ip_equal(&id, &own));
}

static void find_unlisted(const struct peers *peers, const struct netlink_address *list, size_t n,
			  int tap, struct own_addresses *found)
{
	for (size_t i = 0; i < n; i++) {
		const struct ip_addr *ip = &list[i].prefix.addr;

		if (list[i].ifindex != tap || is_loopback(ip) || ip_is_link_local(ip) ||
		    is_listed(peers, ip))
			continue;
		if (!found->unlisted++)
			found->first_unlisted = *ip;
	}
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

int own_addresses_read(struct netlink *netlink, struct peers *peers, int tap,
		       struct own_addresses *found)
{
	struct netlink_address *list;
	size_t count;
	int rc = netlink_addresses(netlink, 0, &list, &count);

	*found = (struct own_addresses){ 0 };
	if (!rc) {
		find_unlisted(peers, list, count, tap, found);
		rc = set_own(peers, list, count, tap, &found->left_out);
	}
	free(list);
	return rc;
}
