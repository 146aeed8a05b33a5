/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_addresses: the file's addresses and routes on the TAP; see tap_addresses.h. */
#include "tap/tap_addresses.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "io/netlink/netlink_config.h"
#include "io/netlink/netlink_save.h"

static const struct config *config(const struct tap_addresses *t)
{
	return peers_config(t->peers);
}

static const struct config_addresses *dedicated(const struct tap_addresses *t)
{
	return &peers_self(t->peers)->address;
}

/* --- addresses --- */

static int add_address(const struct tap_addresses *t, const struct ip_prefix *address, bool cluster)
{
	char text[PREFIX_STRLEN];
	int rc = netlink_address_add(t->netlink, t->ifindex, address, cluster);

	if (rc)
		log_error_errno(-rc, "%s: cannot add the address %s", config(t)->tap,
				prefix_format(address, text));
	return rc;
}

static int add_all(const struct tap_addresses *t, const struct config_addresses *addresses,
		   bool cluster)
{
	int rc = 0;

	for (size_t i = 0; i < addresses->count && !rc; i++)
		rc = add_address(t, &addresses->list[i], cluster);
	return rc;
}

int tap_addresses_add(const struct tap_addresses *t)
{
	int rc = add_all(t, dedicated(t), false);

	return rc ? rc : add_all(t, &config(t)->address, true);
}

/* The addresses on the TAP, in the kernel's order. */
struct present {
	struct netlink_address *list;
	size_t count;
};

/* A cluster address has no network on the TAP. */
static struct ip_prefix as_on_tap(const struct ip_prefix *address, bool cluster)
{
	struct ip_prefix p = *address;

	if (cluster)
		p.len = (uint8_t)(8 * ip_bytes(&p.addr));
	return p;
}

/* The place of an address in the list; `count`: it is not there. */
static size_t find(const struct present *now, const struct ip_prefix *wanted)
{
	size_t i = 0;

	while (i < now->count && (now->list[i].prefix.len != wanted->len ||
				  !ip_equal(&now->list[i].prefix.addr, &wanted->addr)))
		i++;
	return i;
}

/* One that cannot be added does not keep the others away. The first error. */
static int add_missing(const struct tap_addresses *t, const struct config_addresses *addresses,
		       bool cluster, const struct present *now, unsigned *added)
{
	struct ip_prefix wanted;
	int rc, first = 0;

	for (size_t i = 0; i < addresses->count; i++) {
		wanted = as_on_tap(&addresses->list[i], cluster);
		if (find(now, &wanted) < now->count)
			continue;
		rc = netlink_address_add(t->netlink, t->ifindex, &addresses->list[i], cluster);
		if (!rc)
			(*added)++;
		else if (rc != -EEXIST && !first) /* -EEXIST: added since the list was read */
			first = rc;
	}
	return first;
}

/* The place of the first of these IPv4 addresses that is primary; `count`: there is none. */
static size_t first_primary(const struct present *now, const struct config_addresses *addresses,
			    bool cluster)
{
	size_t first = now->count, place;
	struct ip_prefix wanted;

	for (size_t i = 0; i < addresses->count; i++) {
		wanted = as_on_tap(&addresses->list[i], cluster);
		place = find(now, &wanted);
		if (wanted.addr.family == AF_INET && place < first &&
		    !(now->list[place].flags & IFA_F_SECONDARY))
			first = place;
	}
	return first;
}

/* Does a cluster address stand before the first dedicated one? The kernel has the primary addresses
 * first, in the order in which they were added, so that a secondary one cannot come before a
 * cluster address, and does not count. (The file has no IPv6 addresses yet, of which the kernel
 * puts the newest first.) */
static bool is_out_of_order(const struct tap_addresses *t, const struct present *now)
{
	size_t own = first_primary(now, dedicated(t), false);

	return own < now->count && first_primary(now, &config(t)->address, true) < own;
}

/* With an address the kernel removes the routes that have it as their source: add them again. */
static void restore_routes_of(const struct tap_addresses *t,
			      const struct netlink_saved_list *before)
{
	struct ip_addr source;

	for (size_t i = 0; i < before->count; i++)
		if (before->list[i].is_route && netlink_saved_source(&before->list[i], &source) &&
		    (peers_by_file(t->peers, &source).roles & IP_CLUSTER))
			netlink_saved_add(t->netlink, &before->list[i], t->ifindex, true,
					  NETLINK_PLACE_OWN);
}

/* A new primary IPv4 address comes after those that are there. */
static int move_cluster_behind(const struct tap_addresses *t)
{
	const struct config_addresses *cluster = &config(t)->address;
	struct netlink_saved_list before = { 0 };
	struct ip_prefix here;
	int rc = netlink_save(t->netlink, t->ifindex, &before);

	for (size_t i = 0; i < cluster->count && !rc; i++) {
		if (cluster->list[i].addr.family != AF_INET)
			continue;
		here = as_on_tap(&cluster->list[i], true);
		netlink_address_remove(t->netlink, t->ifindex, &here);
		rc = netlink_address_add(t->netlink, t->ifindex, &cluster->list[i], true);
	}
	restore_routes_of(t, &before);
	netlink_saved_clear(&before);
	return rc;
}

int tap_addresses_repair(const struct tap_addresses *t, unsigned *added, bool *moved)
{
	struct present now;
	int rc = netlink_addresses(t->netlink, t->ifindex, &now.list, &now.count), first;

	*added = 0;
	*moved = false;
	if (!rc) {
		first = add_missing(t, dedicated(t), false, &now, added);
		rc = add_missing(t, &config(t)->address, true, &now, added);
		rc = first ? first : rc;
	}
	if (*added && !rc) {
		free(now.list);
		rc = netlink_addresses(t->netlink, t->ifindex, &now.list, &now.count);
	}
	if (!rc && is_out_of_order(t, &now)) {
		*moved = true;
		rc = move_cluster_behind(t);
	}
	free(now.list);
	return rc;
}

/* --- routes --- */

static const struct ip_prefix *prefix_holding(const struct config_addresses *addresses,
					      const struct ip_addr *ip)
{
	size_t i;

	for (i = 0; i < addresses->count; i++)
		if (prefix_contains(&addresses->list[i], ip))
			return &addresses->list[i];
	return NULL;
}

/* Does a cluster address before the one at `index` have the same network, and so the same route? */
static bool network_seen(const struct config_addresses *cluster, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (cluster->list[i].len == cluster->list[index].len &&
		    prefix_contains(&cluster->list[i], &cluster->list[index].addr))
			return true;
	return false;
}

static int add_network(const struct tap_addresses *t, const struct ip_prefix *address)
{
	return netlink_route_add_onlink(t->netlink, t->ifindex, address, &address->addr);
}

static int add_cluster_route(const struct tap_addresses *t, const struct ip_prefix *address,
			     bool again)
{
	char text[PREFIX_STRLEN];
	int rc = add_network(t, address);

	prefix_format(address, text);
	if (rc == -EEXIST && again)
		return 0;
	if (rc == -EEXIST) {
		log_warning("%s: there is already a route to the network of cluster address %s: "
			    "left unchanged",
			    config(t)->tap, text);
		return 0;
	}
	if (rc)
		log_error_errno(-rc, "%s: cannot add the route to %s", config(t)->tap, text);
	return rc;
}

/* A cluster address outside every dedicated prefix needs a route to its own network. */
static bool has_route_of_its_own(const struct tap_addresses *t, size_t index)
{
	const struct config_addresses *cluster = &config(t)->address;

	return !prefix_holding(dedicated(t), &cluster->list[index].addr) &&
	       !network_seen(cluster, index);
}

static int add_cluster_routes(const struct tap_addresses *t, bool again)
{
	const struct config_addresses *cluster = &config(t)->address;
	int rc = 0;

	for (size_t i = 0; i < cluster->count && !rc; i++)
		if (has_route_of_its_own(t, i))
			rc = add_cluster_route(t, &cluster->list[i], again);
	return rc;
}

/* If no dedicated prefix contains the gateway, set a dedicated address as the preferred source of
 * the route: a cluster address must never become the source of what the node itself starts. IPv6
 * needs none, as cluster addresses are deprecated there, and must not have one: the kernel refuses
 * a source that is still tentative. */
static int add_default(const struct tap_addresses *t, const struct ip_addr *gateway)
{
	const struct ip_addr *source = NULL;

	if (gateway->family == AF_INET && !prefix_holding(dedicated(t), gateway))
		source = peers_own_address_for(t->peers, gateway);
	return netlink_route_add_default(t->netlink, t->ifindex, gateway, source);
}

static int add_gateway(const struct tap_addresses *t, const struct ip_addr *gateway, bool again)
{
	char text[IP_STRLEN];
	int rc = add_default(t, gateway);

	ip_format(gateway, text);
	if (rc == -EEXIST && (again || config(t)->adopt)) /* the other one will move to the TAP */
		return 0;
	if (rc == -EEXIST) {
		log_warning("there is a default route already: gateway %s is not used", text);
		return 0;
	}
	if (rc)
		log_error_errno(-rc, "%s: cannot add the default route via %s", config(t)->tap,
				text);
	return rc;
}

int tap_addresses_add_routes(const struct tap_addresses *t, bool again)
{
	int rc = add_cluster_routes(t, again);

	for (size_t i = 0; i < CONFIG_FAMILIES && !rc; i++)
		if (config(t)->gateway[i].family)
			rc = add_gateway(t, &config(t)->gateway[i], again);
	return rc;
}

/* The result of adding a route that may exist already: count one that was missing. */
static int count_added(int rc, unsigned *added)
{
	*added += !rc;
	return rc == -EEXIST ? 0 : rc;
}

/* The kernel adds a connected route with the first address of each network. */
static int repair_connected(const struct tap_addresses *t, unsigned *added)
{
	const struct config_addresses *own = dedicated(t);
	int rc = 0;

	for (size_t i = 0; i < own->count && !rc; i++) {
		const struct ip_prefix *address = &own->list[i];

		if (!network_seen(own, i) && address->len != 8 * ip_bytes(&address->addr))
			rc = count_added(
				netlink_route_add_connected(t->netlink, t->ifindex, address),
				added);
	}
	return rc;
}

static int repair_cluster_routes(const struct tap_addresses *t, unsigned *added)
{
	const struct config_addresses *cluster = &config(t)->address;
	int rc = 0;

	for (size_t i = 0; i < cluster->count && !rc; i++)
		if (has_route_of_its_own(t, i))
			rc = count_added(add_network(t, &cluster->list[i]), added);
	return rc;
}

int tap_addresses_repair_routes(const struct tap_addresses *t, unsigned *added)
{
	int rc = repair_connected(t, added);

	if (!rc)
		rc = repair_cluster_routes(t, added);
	for (size_t i = 0; i < CONFIG_FAMILIES && !rc; i++)
		if (config(t)->gateway[i].family)
			rc = count_added(add_default(t, &config(t)->gateway[i]), added);
	return rc;
}
