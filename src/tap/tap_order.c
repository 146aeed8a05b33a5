/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_order: the order of the file's addresses; see tap_order.h. */
#include "tap/tap_order.h"

#include <linux/if_addr.h>
#include <sys/socket.h>

struct ip_prefix tap_order_on_tap(const struct ip_prefix *address, bool cluster)
{
	struct ip_prefix p = *address;

	if (cluster)
		p.len = (uint8_t)(8 * ip_bytes(&p.addr));
	return p;
}

size_t tap_order_find(const struct tap_present *now, const struct ip_prefix *wanted)
{
	size_t i = 0;

	while (i < now->count && (now->list[i].prefix.len != wanted->len ||
				  !ip_equal(&now->list[i].prefix.addr, &wanted->addr)))
		i++;
	return i;
}

bool tap_order_is_tentative(const struct netlink_address *address)
{
	return address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED);
}

/* The place of the first of these IPv4 addresses that is primary; `count`: there is none. */
static size_t first_primary(const struct tap_present *now, const struct config_addresses *addresses,
			    bool cluster)
{
	size_t first = now->count, place;
	struct ip_prefix wanted;

	for (size_t i = 0; i < addresses->count; i++) {
		wanted = tap_order_on_tap(&addresses->list[i], cluster);
		place = tap_order_find(now, &wanted);
		if (wanted.addr.family == AF_INET && place < first &&
		    !(now->list[place].flags & IFA_F_SECONDARY))
			first = place;
	}
	return first;
}

/* A secondary address cannot come before a cluster address, and does not count. */
bool tap_order_is_wrong_ipv4(const struct tap_present *now,
			     const struct config_addresses *dedicated,
			     const struct config_addresses *cluster)
{
	size_t own = first_primary(now, dedicated, false);

	return own < now->count && first_primary(now, cluster, true) < own;
}

/* Sets *place. False: it is not an IPv6 address in use on the TAP. */
static bool find_in_use(const struct tap_present *now, const struct ip_prefix *address,
			bool cluster, size_t *place)
{
	struct ip_prefix wanted = tap_order_on_tap(address, cluster);

	*place = tap_order_find(now, &wanted);
	return wanted.addr.family == AF_INET6 && *place < now->count &&
	       !tap_order_is_tentative(&now->list[*place]);
}

/* Is one of these, from the index `from` on, before the address at `place`? The kernel sorts by
 * scope first. */
static bool is_any_before(const struct tap_present *now, const struct config_addresses *addresses,
			  size_t from, bool cluster, size_t place)
{
	size_t other;

	for (size_t i = from; i < addresses->count; i++)
		if (find_in_use(now, &addresses->list[i], cluster, &other) && other < place &&
		    now->list[other].scope == now->list[place].scope)
			return true;
	return false;
}

bool tap_order_is_wrong_ipv6(const struct tap_present *now,
			     const struct config_addresses *dedicated,
			     const struct config_addresses *cluster)
{
	size_t place;

	for (size_t i = 0; i < dedicated->count; i++)
		if (find_in_use(now, &dedicated->list[i], false, &place) &&
		    (is_any_before(now, dedicated, i + 1, false, place) ||
		     is_any_before(now, cluster, 0, true, place)))
			return true;
	return false;
}
