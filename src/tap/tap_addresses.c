/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_addresses: the file's addresses and routes on the TAP; see tap_addresses.h. */
#include "tap/tap_addresses.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "io/netlink/netlink_config.h"
#include "io/netlink/netlink_save.h"
#include "tap/tap_order.h"

static const struct config *config(const struct tap_addresses *t)
{
	return peers_config(t->peers);
}

static const struct config_addresses *dedicated(const struct tap_addresses *t)
{
	return &peers_self(t->peers)->address;
}

/* Can it be on the TAP now? */
static bool is_possible(const struct tap_addresses *t, const struct ip_addr *ip)
{
	return ip->family == AF_INET || (ip->family == AF_INET6 && t->has_ipv6);
}

/* --- addresses --- */

static int add_ipv4(const struct tap_addresses *t, const struct ip_prefix *address,
		    enum netlink_address_kind kind)
{
	char text[PREFIX_STRLEN];
	int rc = 0;

	if (address->addr.family == AF_INET)
		rc = netlink_address_add(t->netlink, t->ifindex, address, kind);
	if (rc)
		log_error_errno(-rc, "%s: cannot add the address %s", config(t)->tap,
				prefix_format(address, text));
	return rc;
}

static int add_all_ipv4(const struct tap_addresses *t, const struct config_addresses *addresses,
			enum netlink_address_kind kind)
{
	int rc = 0;

	for (size_t i = 0; i < addresses->count && !rc; i++)
		rc = add_ipv4(t, &addresses->list[i], kind);
	return rc;
}

int tap_addresses_add_ipv4(const struct tap_addresses *t)
{
	int rc = add_all_ipv4(t, dedicated(t), NETLINK_DEDICATED);

	return rc ? rc : add_all_ipv4(t, &config(t)->address, NETLINK_CLUSTER);
}

/* What is added of the addresses that are missing, and the first error: one that cannot be added
 * does not keep the others away. */
struct missing {
	const struct tap_addresses *t;
	const struct tap_present *now;
	unsigned added;
	int error;
};

static void add_if_missing(struct missing *m, const struct ip_prefix *address,
			   enum netlink_address_kind kind)
{
	const struct tap_addresses *t = m->t;
	bool cluster = kind == NETLINK_CLUSTER;
	struct ip_prefix wanted = tap_order_on_tap(address, cluster);
	int rc;

	if (tap_order_find(m->now, &wanted) < m->now->count)
		return;
	if (kind == NETLINK_DEDICATED_DAD && peers_on_host(t->peers, &address->addr) == IP_SELF)
		kind = NETLINK_DEDICATED; /* the NIC has it, from where it moves: it was checked */
	rc = netlink_address_add(t->netlink, t->ifindex, address, kind);
	if (!rc)
		m->added++;
	else if (rc != -EEXIST && !m->error) /* -EEXIST: added since the list was read */
		m->error = rc;
	/* The kernel took the source from the route to its network, as it went. */
	if (!rc && cluster && address->addr.family == AF_INET6)
		netlink_route_remove_onlink(t->netlink, t->ifindex, address);
}

static void add_missing_ipv4(struct missing *m, const struct config_addresses *addresses,
			     enum netlink_address_kind kind)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->list[i].addr.family == AF_INET)
			add_if_missing(m, &addresses->list[i], kind);
}

/* The last one comes first. */
static void add_missing_ipv6(struct missing *m, const struct config_addresses *addresses,
			     enum netlink_address_kind kind)
{
	for (size_t i = addresses->count; i-- > 0;)
		if (addresses->list[i].addr.family == AF_INET6)
			add_if_missing(m, &addresses->list[i], kind);
}

/* In the order of tap_order.h. */
static void add_missing(struct missing *m)
{
	const struct config_addresses *cluster = &config(m->t)->address;

	add_missing_ipv4(m, dedicated(m->t), NETLINK_DEDICATED);
	add_missing_ipv4(m, cluster, NETLINK_CLUSTER);
	if (!m->t->has_ipv6)
		return;
	add_missing_ipv6(m, cluster, NETLINK_CLUSTER);
	add_missing_ipv6(m, dedicated(m->t), m->t->dad ? NETLINK_DEDICATED_DAD : NETLINK_DEDICATED);
}

/* With an address the kernel removes the IPv4 routes that have it as their source, and takes it
 * from the IPv6 routes: add them again. */
static void restore_routes_of(const struct tap_addresses *t,
			      const struct netlink_saved_list *before, uint8_t family,
			      uint16_t role)
{
	const struct netlink_saved *item;
	struct ip_addr source;

	for (size_t i = 0; i < before->count; i++) {
		item = &before->list[i];
		if (!item->is_route || !netlink_saved_source(item, &source) ||
		    source.family != family || !(peers_by_file(t->peers, &source).roles & role))
			continue;
		if (family == AF_INET6)
			netlink_saved_remove(t->netlink, item, t->ifindex);
		netlink_saved_add(t->netlink, item, t->ifindex, true, NETLINK_PLACE_OWN);
	}
}

/* Remove an address and add it again, so that it is the newest. */
static int renew(const struct tap_addresses *t, const struct ip_prefix *address,
		 enum netlink_address_kind kind)
{
	struct ip_prefix here = tap_order_on_tap(address, kind == NETLINK_CLUSTER);

	netlink_address_remove(t->netlink, t->ifindex, &here);
	return netlink_address_add(t->netlink, t->ifindex, address, kind);
}

/* A new primary IPv4 address comes after those that are there. */
static int move_cluster_behind(const struct tap_addresses *t)
{
	const struct config_addresses *cluster = &config(t)->address;
	struct netlink_saved_list before = { 0 };
	int rc = netlink_save(t->netlink, t->ifindex, &before);

	for (size_t i = 0; i < cluster->count && !rc; i++)
		if (cluster->list[i].addr.family == AF_INET)
			rc = renew(t, &cluster->list[i], NETLINK_CLUSTER);
	restore_routes_of(t, &before, AF_INET, IP_CLUSTER);
	netlink_saved_clear(&before);
	return rc;
}

/* A new IPv6 address comes before those that are there. One that is tentative, or that another host
 * has, would be used at once if it was added again: it keeps its place. */
static int move_dedicated_before(const struct tap_addresses *t, const struct tap_present *now)
{
	const struct config_addresses *own = dedicated(t);
	struct netlink_saved_list before = { 0 };
	int rc = netlink_save(t->netlink, t->ifindex, &before);

	for (size_t i = own->count; i-- > 0 && !rc;) {
		size_t place = tap_order_find(now, &own->list[i]);

		if (own->list[i].addr.family == AF_INET6 && place < now->count &&
		    !tap_order_is_tentative(&now->list[place]))
			rc = renew(t, &own->list[i], NETLINK_DEDICATED);
	}
	restore_routes_of(t, &before, AF_INET6, IP_SELF);
	netlink_saved_clear(&before);
	return rc;
}

static int put_in_order(const struct tap_addresses *t, const struct tap_present *now, bool *moved)
{
	const struct config_addresses *cluster = &config(t)->address;
	bool ipv4 = tap_order_is_wrong_ipv4(now, dedicated(t), cluster);
	bool ipv6 = t->has_ipv6 && tap_order_is_wrong_ipv6(now, dedicated(t), cluster);
	int rc = ipv4 ? move_cluster_behind(t) : 0;

	*moved = ipv4 || ipv6;
	return !rc && ipv6 ? move_dedicated_before(t, now) : rc;
}

int tap_addresses_repair(const struct tap_addresses *t, unsigned *added, bool *moved)
{
	struct tap_present now;
	struct missing m = { .t = t, .now = &now };
	int rc = netlink_addresses(t->netlink, t->ifindex, &now.list, &now.count);

	*moved = false;
	if (!rc) {
		add_missing(&m);
		rc = m.error;
	}
	*added = m.added;
	if (*added && !rc) {
		free(now.list);
		rc = netlink_addresses(t->netlink, t->ifindex, &now.list, &now.count);
	}
	if (!rc)
		rc = put_in_order(t, &now, moved);
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

	return is_possible(t, &cluster->list[index].addr) &&
	       !prefix_holding(dedicated(t), &cluster->list[index].addr) &&
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
		if (is_possible(t, &config(t)->gateway[i]) && !t->yields)
			rc = add_gateway(t, &config(t)->gateway[i], again);
	return rc;
}

static bool has_default_route(const struct netlink_saved_list *routes, uint8_t family)
{
	struct ip_prefix to;

	for (size_t i = 0; i < routes->count; i++)
		if (routes->list[i].is_route && netlink_saved_prefix(&routes->list[i], &to) &&
		    to.len == 0 && to.addr.family == family)
			return true;
	return false;
}

void tap_addresses_warn_of_gateways(const struct tap_addresses *t)
{
	struct netlink_saved_list here = { 0 };
	int rc = netlink_save(t->netlink, t->ifindex, &here);
	char text[IP_STRLEN];

	for (size_t i = 0; i < CONFIG_FAMILIES && !rc; i++) {
		const struct ip_addr *gateway = &config(t)->gateway[i];

		if (is_possible(t, gateway) && !has_default_route(&here, gateway->family))
			log_warning("there is a default route already: gateway %s is not used",
				    ip_format(gateway, text));
	}
	netlink_saved_clear(&here);
}

/* The result of adding a route that may exist already: count one that was missing. */
static int count_added(int rc, unsigned *added)
{
	*added += !rc;
	return rc == -EEXIST ? 0 : rc;
}

static int add_connected(const struct tap_addresses *t, const struct ip_prefix *address,
			 unsigned *added)
{
	return count_added(netlink_route_add_connected(t->netlink, t->ifindex, address), added);
}

/* The kernel adds a connected route with the first address of each network. */
static int repair_connected(const struct tap_addresses *t, unsigned *added)
{
	const struct ip_prefix link_local = { peers_self(t->peers)->link_local, 64 };
	const struct config_addresses *own = dedicated(t);
	int rc = t->has_ipv6 ? add_connected(t, &link_local, added) : 0;

	for (size_t i = 0; i < own->count && !rc; i++) {
		const struct ip_prefix *address = &own->list[i];

		if (is_possible(t, &address->addr) && !network_seen(own, i) &&
		    address->len != 8 * ip_bytes(&address->addr))
			rc = add_connected(t, address, added);
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
		if (is_possible(t, &config(t)->gateway[i]) && !t->yields)
			rc = count_added(add_default(t, &config(t)->gateway[i]), added);
	return rc;
}
