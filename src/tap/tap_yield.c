/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_yield: the TAP's routes set aside; see tap_yield.h. */
#include "tap/tap_yield.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/netlink/netlink_save.h"

struct tap_yield {
	const struct peers *peers;
	struct netlink *netlink;
	struct netlink_saved_list routes, asides; /* what was there, and what is there instead */
	bool is_on;
};

struct tap_yield *tap_yield_create(const struct peers *peers, struct netlink *netlink)
{
	struct tap_yield *y = calloc(1, sizeof(*y));

	if (!y)
		return NULL;
	y->peers = peers;
	y->netlink = netlink;
	return y;
}

void tap_yield_forget(struct tap_yield *y)
{
	netlink_saved_clear(&y->routes);
	netlink_saved_clear(&y->asides);
	y->is_on = false;
}

void tap_yield_destroy(struct tap_yield *y)
{
	if (!y)
		return;
	tap_yield_forget(y);
	free(y);
}

bool tap_yield_is_on(const struct tap_yield *y)
{
	return y->is_on;
}

/* What another program may add, and not the routes to the networks of cluster addresses. Of those
 * with several next hops, each IPv6 one would have to be added behind the one before; they stay. */
static bool may_be_in_the_way(const struct tap_yield *y, const struct netlink_saved *item)
{
	struct ip_addr source;

	return item->is_route && !item->is_refused && !netlink_saved_is_kernels(item) &&
	       !netlink_saved_is_connected(item) && !netlink_saved_is_aside(item) &&
	       !netlink_saved_has_hops(item) &&
	       !(netlink_saved_source(item, &source) &&
		 (peers_by_file(y->peers, &source).roles & IP_CLUSTER));
}

/* The other route is added first, so that there is always one. */
static int set_aside(struct tap_yield *y, const struct netlink_saved *route, int tap)
{
	int rc = netlink_saved_append_aside(&y->asides, route);

	if (rc)
		return rc;
	rc = netlink_saved_add(y->netlink, &y->asides.list[y->routes.count], tap, true,
			       NETLINK_PLACE_OWN);
	if (rc == -EEXIST)
		rc = 0;
	if (!rc)
		rc = netlink_saved_append(&y->routes, route);
	if (rc)
		netlink_saved_truncate(&y->asides, y->routes.count);
	else
		netlink_saved_remove(y->netlink, route, tap);
	return rc;
}

static void log_failure(const char *what, int rc)
{
	if (rc && rc != -ERANGE && rc != -ENETDOWN)
		log_debug_errno(-rc, "cannot %s", what);
}

/* From the last to the first: those of a greater metric make room for those before. */
void tap_yield_begin(struct tap_yield *y, int tap)
{
	struct netlink_saved_list here = { 0 };
	int rc = netlink_save(y->netlink, tap, &here);

	log_failure("list the routes", rc);
	for (size_t i = here.count; i-- > 0;)
		if (may_be_in_the_way(y, &here.list[i]))
			log_failure("set a route aside", set_aside(y, &here.list[i], tap));
	netlink_saved_clear(&here);
	y->is_on = true;
}

static bool has_key(const struct netlink_saved_list *list, const struct netlink_saved *route)
{
	const struct netlink_saved *item = list->list;

	for (; item < list->list + list->count; item++)
		if (item->is_route && !netlink_saved_is_aside(item) &&
		    netlink_saved_same_key(item, route))
			return true;
	return false;
}

/* If the TAP is down it has no routes, and they come when it is set up. */
void tap_yield_end(struct tap_yield *y, int tap)
{
	struct netlink_saved_list here = { 0 };
	int rc;

	if (!y->is_on)
		return;
	rc = netlink_save(y->netlink, tap, &here);
	log_failure("list the routes", rc);
	for (size_t i = 0; i < y->routes.count; i++) {
		rc = has_key(&here, &y->routes.list[i])
			     ? 0
			     : netlink_saved_add(y->netlink, &y->routes.list[i], tap, true,
						 NETLINK_PLACE_OWN);
		log_failure("put a route back", rc);
		if (!rc || rc == -EEXIST)
			netlink_saved_remove(y->netlink, &y->asides.list[i], tap);
	}
	netlink_saved_clear(&here);
	tap_yield_forget(y);
}

void tap_yield_clean(struct tap_yield *y, int tap)
{
	struct netlink_saved_list here = { 0 };
	int rc = netlink_save(y->netlink, tap, &here);

	log_failure("list the routes", rc);
	for (size_t i = 0; i < here.count; i++)
		if (netlink_saved_is_aside(&here.list[i]))
			netlink_saved_remove(y->netlink, &here.list[i], tap);
	netlink_saved_clear(&here);
}
