/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_link: the TAP device as a configured network interface; see tap_link.h. */
#include "tap/tap_link.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "io/netlink/netlink_config.h"
#include "persist/fd_store.h"

struct tap_link {
	const struct peers *peers;
	const struct config *config;
	struct netlink *netlink;
	struct tap_device *device;
	struct fd_store_item handed; /* the TAP in the descriptor store */
	int ifindex;
	bool up;
	bool adopted; /* from an earlier run */
	enum { CARRIER_UNKNOWN, CARRIER_OFF, CARRIER_ON } carrier;
};

/* Adopt the TAP of an earlier run with the same configuration, if the service manager kept it. */
static bool adopt_tap(struct tap_link *tap)
{
	int fd = fd_store_take(&tap->handed);

	if (fd < 0)
		return false;
	tap->adopted = !tap_device_adopt(fd, tap->config->tap, &tap->device);
	if (!tap->adopted)
		fd_store_forget(&tap->handed);
	return tap->adopted;
}

static int make_tap(struct tap_link *tap)
{
	const char *name = tap->config->tap;
	int rc;

	fd_store_discard_rest(tap->peers);
	rc = tap_device_open(name, &tap->device);
	if (rc == -EBUSY || rc == -EINVAL)
		log_error("%s exists already: another clusterarpd is running, or another program "
			  "created it",
			  name);
	else if (rc)
		log_error_errno(-rc, "%s: cannot create the TAP device (/dev/net/tun)", name);
	return rc;
}

static int open_tap(struct tap_link *tap)
{
	const char *name = tap->config->tap;
	struct netlink_link link;
	int rc = adopt_tap(tap) ? 0 : make_tap(tap);

	if (rc)
		return rc;
	rc = netlink_link_by_name(tap->netlink, name, &link);
	if (rc)
		log_error_errno(-rc, "%s: cannot look up the interface", name);
	else
		tap->ifindex = link.ifindex;
	tap->up = !rc && (link.flags & IFF_UP);
	return rc;
}

/* Success if the kernel has no IPv6: then there is no address generation to disable. */
static int set_no_addrgen(struct tap_link *tap)
{
	int rc = netlink_link_set_no_addrgen(tap->netlink, tap->ifindex);

	return rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP ? 0 : rc;
}

static void remove_link_local(const struct ip_prefix *address, void *arg)
{
	struct tap_link *tap = arg;

	if (ip_is_link_local(&address->addr))
		netlink_address_remove(tap->netlink, tap->ifindex, address);
}

/* While the MTU is below 1280 the kernel drops all IPv6 state of a link. When the MTU rises again
 * it starts with default settings, and with a link-local address made from the MAC that all nodes
 * share (I9): so disable address generation again, and remove that address. */
static int set_mtu(struct tap_link *tap, unsigned mtu)
{
	int rc;

	if (mtu > CONFIG_MTU_MAX)
		mtu = CONFIG_MTU_MAX;
	rc = netlink_link_set_mtu(tap->netlink, tap->ifindex, mtu);
	if (!rc)
		rc = set_no_addrgen(tap);
	if (!rc)
		netlink_address_list(tap->netlink, tap->ifindex, remove_link_local, tap);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set its MTU to %u", tap->config->tap, mtu);
	return rc;
}

static void compare_mtu(const struct tap_link *tap, unsigned nic_mtu)
{
	if (nic_mtu && tap->config->mtu > nic_mtu)
		log_warning(
			"%s has MTU %u, but %s has MTU %u: longer frames are dropped (too_long)",
			tap->config->tap, tap->config->mtu, tap->config->interface, nic_mtu);
}

static int set_link(struct tap_link *tap, unsigned nic_mtu)
{
	unsigned mtu = tap->config->mtu ? tap->config->mtu : nic_mtu;
	int rc = netlink_link_set_mac(tap->netlink, tap->ifindex, &tap->config->mac);

	compare_mtu(tap, nic_mtu);
	if (!rc)
		rc = mtu ? set_mtu(tap, mtu) : set_no_addrgen(tap);
	if (!rc)
		rc = netlink_link_set_up(tap->netlink, tap->ifindex, true);
	if (rc)
		log_error_errno(-rc, "%s: cannot configure the interface", tap->config->tap);
	return rc;
}

static int add_addresses(struct tap_link *tap, const struct config_addresses *addresses,
			 bool cluster)
{
	char text[PREFIX_STRLEN];
	size_t i;
	int rc;

	for (i = 0; i < addresses->count; i++) {
		rc = netlink_address_add(tap->netlink, tap->ifindex, &addresses->list[i], cluster);
		if (rc) {
			log_error_errno(-rc, "%s: cannot add the address %s", tap->config->tap,
					prefix_format(&addresses->list[i], text));
			return rc;
		}
	}
	return 0;
}

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

static int add_cluster_route(struct tap_link *tap, const struct ip_prefix *address, bool again)
{
	char text[PREFIX_STRLEN];
	int rc = netlink_route_add_onlink(tap->netlink, tap->ifindex, address, &address->addr);

	prefix_format(address, text);
	if (rc == -EEXIST && again)
		return 0;
	if (rc == -EEXIST) {
		log_warning("%s: there is already a route to the network of cluster address %s: "
			    "left unchanged",
			    tap->config->tap, text);
		return 0;
	}
	if (rc)
		log_error_errno(-rc, "%s: cannot add the route to %s", tap->config->tap, text);
	return rc;
}

/* A cluster address outside every dedicated prefix needs a route to its own network. */
static int add_cluster_routes(struct tap_link *tap, bool again)
{
	const struct config_addresses *cluster = &tap->config->address;
	size_t i;
	int rc = 0;

	for (i = 0; i < cluster->count && !rc; i++)
		if (!prefix_holding(&peers_self(tap->peers)->address, &cluster->list[i].addr) &&
		    !network_seen(cluster, i))
			rc = add_cluster_route(tap, &cluster->list[i], again);
	return rc;
}

/* If no dedicated prefix contains the gateway, set a dedicated address as the preferred source of
 * the route: a cluster address must never become the source of what the node itself starts. */
static int add_gateway(struct tap_link *tap, bool again)
{
	const struct ip_addr *gateway = &tap->config->gateway;
	const struct ip_addr *source = NULL;
	char text[IP_STRLEN];
	int rc;

	if (gateway->family == AF_UNSPEC)
		return 0;
	if (!prefix_holding(&peers_self(tap->peers)->address, gateway))
		source = peers_own_address_for(tap->peers, gateway);
	rc = netlink_route_add_default(tap->netlink, tap->ifindex, gateway, source);
	ip_format(gateway, text);
	if (rc == -EEXIST && (again || tap->config->adopt)) /* the other one will move to the TAP */
		return 0;
	if (rc == -EEXIST) {
		log_warning("there is a default route already: gateway %s is not used", text);
		return 0;
	}
	if (rc)
		log_error_errno(-rc, "%s: cannot add the default route via %s", tap->config->tap,
				text);
	return rc;
}

struct tap_link *tap_link_create(const struct peers *peers, struct netlink *netlink)
{
	struct tap_link *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return NULL;
	tap->peers = peers;
	tap->handed = (struct fd_store_item){ FD_STORE_TAP, peers, 0 };
	tap->config = peers_config(peers);
	tap->netlink = netlink;
	if (!open_tap(tap))
		return tap;
	tap_link_destroy(tap);
	return NULL;
}

void tap_link_destroy(struct tap_link *tap)
{
	if (!tap)
		return;
	tap_device_close(tap->device);
	free(tap);
}

struct removal {
	struct tap_link *tap;
	bool (*keeps)(const struct ip_addr *address, const void *arg);
	const void *arg;
};

static void remove_address(const struct ip_prefix *address, void *arg)
{
	const struct removal *r = arg;

	if (!r->keeps || !r->keeps(&address->addr, r->arg))
		netlink_address_remove(r->tap->netlink, r->tap->ifindex, address);
}

void tap_link_remove_addresses(struct tap_link *tap,
			       bool (*keeps)(const struct ip_addr *address, const void *arg),
			       const void *arg)
{
	struct removal r = { tap, keeps, arg };

	if (tap)
		netlink_address_list(tap->netlink, tap->ifindex, remove_address, &r);
}

void tap_link_take_down(struct tap_link *tap)
{
	if (!tap)
		return;
	netlink_link_set_up(tap->netlink, tap->ifindex, false);
	tap_link_remove_addresses(tap, NULL, NULL);
	fd_store_forget(&tap->handed);
}

/* `again`: the routes may exist already. */
static int add_routes(struct tap_link *tap, bool again)
{
	int rc = add_cluster_routes(tap, again);

	return rc ? rc : add_gateway(tap, again);
}

static int configure(struct tap_link *tap, unsigned mtu)
{
	int rc = set_link(tap, mtu);

	if (!rc)
		rc = add_addresses(tap, &peers_self(tap->peers)->address, false);
	if (!rc)
		rc = add_addresses(tap, &tap->config->address, true);
	if (!rc)
		rc = add_routes(tap, false);
	return rc;
}

int tap_link_configure(struct tap_link *tap, unsigned mtu)
{
	int rc = 0;

	if (tap->adopted) {
		log_notice("%s: adopted as an earlier run left it", tap->config->tap);
		if (mtu)
			tap_link_follow_mtu(tap, mtu);
	} else {
		rc = configure(tap, mtu);
	}
	tap->up = true;
	if (!rc)
		fd_store_keep(&tap->handed, tap_device_fd(tap->device));
	tap_link_changed(tap, false);
	return rc;
}

int tap_link_renew(struct tap_link *tap)
{
	fd_store_forget(&tap->handed);
	tap_device_close(tap->device);
	tap->device = NULL;
	tap->adopted = false;
	tap->up = false;
	tap->carrier = CARRIER_UNKNOWN;
	return open_tap(tap);
}

struct tap_device *tap_link_device(struct tap_link *tap)
{
	return tap->device;
}

int tap_link_ifindex(const struct tap_link *tap)
{
	return tap->ifindex;
}

bool tap_link_is_up(const struct tap_link *tap)
{
	return tap->up;
}

void tap_link_reload(struct tap_link *tap, unsigned nic_mtu)
{
	struct netlink_link now;
	unsigned mtu = tap->config->mtu ? tap->config->mtu : nic_mtu;

	if (!mtu || netlink_link_by_index(tap->netlink, tap->ifindex, &now) || now.mtu == mtu)
		return;
	compare_mtu(tap, nic_mtu);
	set_mtu(tap, mtu);
}

void tap_link_follow_mtu(struct tap_link *tap, unsigned mtu)
{
	compare_mtu(tap, mtu);
	if (!tap->config->mtu)
		set_mtu(tap, mtu);
}

bool tap_link_changed(struct tap_link *tap, bool was_down)
{
	struct netlink_link now; /* the event may be older than tap_link_configure() */
	bool up, comes_back;

	if (netlink_link_by_index(tap->netlink, tap->ifindex, &now))
		return false;
	up = now.flags & IFF_UP;
	comes_back = up && (was_down || !tap->up);
	if (up != tap->up)
		log_notice("%s was set %s", tap->config->tap, up ? "up" : "down");
	tap->up = up;
	if (comes_back)
		add_routes(tap, true);
	return comes_back;
}

bool tap_link_set_carrier(struct tap_link *tap, bool carrier)
{
	int rc;

	if (!tap->device || tap->carrier == (carrier ? CARRIER_ON : CARRIER_OFF))
		return false;
	rc = tap_device_set_carrier(tap->device, carrier);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set its carrier %s", tap->config->tap,
				  carrier ? "on" : "off");
	tap->carrier = carrier ? CARRIER_ON : CARRIER_OFF;
	return carrier;
}
