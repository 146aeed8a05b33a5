/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_connected: protocol or metric of the TAP's connected routes; see tap_connected.h. */
#include "tap/tap_connected.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_save.h"

struct marking {
	struct netlink *netlink;
	int tap;
	struct netlink_saved_list here; /* addresses and routes of the TAP */
	int error;                      /* the first */
};

/* Its address may have gone meanwhile, and it with it, or the TAP was set down. */
static void note(struct marking *m, int rc)
{
	if (rc != -ESRCH && rc != -EINVAL && rc != -ENETDOWN && !m->error)
		m->error = rc;
}

static bool is_in_table(const struct netlink_saved *item)
{
	return item->is_route && !item->is_refused &&
	       netlink_saved_key(item).table == RT_TABLE_MAIN;
}

static bool is_made(const struct marking *m, const struct netlink_saved *route)
{
	for (size_t i = 0; i < m->here.count; i++)
		if (netlink_saved_makes(&m->here.list[i], route))
			return true;
	return false;
}

/* The first of its key, of the TAP. */
static const struct netlink_saved *first_like(const struct marking *m,
					      const struct netlink_saved *route)
{
	const struct netlink_saved *item = m->here.list;

	while (item < route && !(item->is_route && netlink_saved_same_key(item, route)))
		item++;
	return item;
}

/* Add `other`, the same route with the other protocol, at the place of `route` among its equals. */
static int add_ipv4(struct marking *m, const struct netlink_saved *route,
		    struct netlink_saved *other)
{
	const struct netlink_saved *twin = netlink_saved_find_equal(&m->here, other);

	other->is_behind = route->is_behind || first_like(m, route) != route;
	if (twin && other->is_behind)
		return 0;
	if (twin) /* it is further behind */
		netlink_saved_remove(m->netlink, twin, m->tap);
	return netlink_saved_add(m->netlink, other, m->tap, true, NETLINK_PLACE_OWN);
}

/* `other` has another metric, of which there may be one already. The kernel gives it the lifetime
 * of `other` then, if its own was limited. */
static int add_ipv6(struct marking *m, const struct netlink_saved *other)
{
	int rc = netlink_saved_add(m->netlink, other, m->tap, true, NETLINK_PLACE_OWN);

	return rc == -EEXIST ? 0 : rc;
}

/* The other route is added before the kernel's is removed, so that there is always one. */
static void replace(struct marking *m, const struct netlink_saved *route,
		    struct netlink_saved *other)
{
	int rc = netlink_saved_family(route) == AF_INET ? add_ipv4(m, route, other)
							: add_ipv6(m, other);

	note(m, rc ? rc : netlink_saved_remove(m->netlink, route, m->tap));
}

static void mark(struct marking *m, const struct netlink_saved *route)
{
	struct netlink_saved_list copy = { 0 };
	int rc = netlink_saved_append(&copy, route);

	if (rc)
		note(m, rc);
	else if (netlink_saved_connect(copy.list))
		replace(m, route, copy.list);
	netlink_saved_clear(&copy);
}

static void check(struct marking *m, const struct netlink_saved *item)
{
	if (!is_in_table(item))
		return;
	if (is_made(m, item))
		mark(m, item);
	else if (netlink_saved_is_connected(item))
		note(m, netlink_saved_remove(m->netlink, item, m->tap));
}

int tap_connected_mark(struct netlink *netlink, int tap)
{
	struct marking m = { .netlink = netlink, .tap = tap };

	m.error = netlink_save(netlink, tap, &m.here);
	for (size_t i = 0; i < m.here.count; i++)
		check(&m, &m.here.list[i]);
	netlink_saved_clear(&m.here);
	return m.error;
}
