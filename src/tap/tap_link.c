/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host: the TAP device as a configured interface; see host.h. */
#include "tap/tap_link.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "persist/fd_store.h"
#include "base/log.h"

struct host {
	const struct peers *peers;
	const struct config *config;
	struct netlink *netlink;
	struct tap *tap;
	struct handover handed; /* the TAP, as such */
	int ifindex;
	bool up;
	bool adopted; /* from an earlier run */
	enum { CARRIER_UNKNOWN, CARRIER_OFF, CARRIER_ON } carrier;
};

/* As an earlier run with the same configuration left it, if a service manager kept it. */
static bool adopt_tap(struct host *host)
{
	int fd = handover_take(&host->handed);

	if (fd < 0)
		return false;
	host->adopted = !tap_adopt(fd, host->config->tap, &host->tap);
	if (!host->adopted)
		handover_forget(&host->handed);
	return host->adopted;
}

static int make_tap(struct host *host)
{
	const char *name = host->config->tap;
	int rc;

	handover_discard_rest(host->peers);
	rc = tap_open(name, &host->tap);
	if (rc == -EBUSY || rc == -EINVAL)
		log_error("%s exists already: another clusterarpd runs, or another program made "
			  "it",
			  name);
	else if (rc)
		log_error_errno(-rc, "%s: cannot make the TAP device (/dev/net/tun)", name);
	return rc;
}

static int open_tap(struct host *host)
{
	const char *name = host->config->tap;
	struct netlink_link link;
	int rc = adopt_tap(host) ? 0 : make_tap(host);

	if (rc)
		return rc;
	rc = netlink_link_by_name(host->netlink, name, &link);
	if (rc)
		log_error_errno(-rc, "%s: cannot look it up", name);
	else
		host->ifindex = link.ifindex;
	host->up = !rc && (link.flags & IFF_UP);
	return rc;
}

/* Where the kernel has no IPv6 there is nothing to keep from making addresses. */
static int set_no_addrgen(struct host *host)
{
	int rc = netlink_link_set_no_addrgen(host->netlink, host->ifindex);

	return rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP ? 0 : rc;
}

static void remove_link_local(const struct ip_prefix *address, void *arg)
{
	struct host *host = arg;

	if (ip_is_link_local(&address->addr))
		netlink_address_remove(host->netlink, host->ifindex, address);
}

/* Below 1280 the kernel forgets all of IPv6 about a link, and beyond it begins anew, with
 * a link-local address from the MAC that all nodes share (I9). */
static int set_mtu(struct host *host, unsigned mtu)
{
	int rc;

	if (mtu > CONFIG_MTU_MAX)
		mtu = CONFIG_MTU_MAX;
	rc = netlink_link_set_mtu(host->netlink, host->ifindex, mtu);
	if (!rc)
		rc = set_no_addrgen(host);
	if (!rc)
		netlink_address_list(host->netlink, host->ifindex, remove_link_local, host);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set its MTU to %u", host->config->tap, mtu);
	return rc;
}

static void compare_mtu(const struct host *host, unsigned nic_mtu)
{
	if (nic_mtu && host->config->mtu > nic_mtu)
		log_warning("%s has an MTU of %u, %s of %u: longer frames are lost (too_long)",
			    host->config->tap, host->config->mtu, host->config->interface, nic_mtu);
}

static int set_link(struct host *host, unsigned nic_mtu)
{
	unsigned mtu = host->config->mtu ? host->config->mtu : nic_mtu;
	int rc = netlink_link_set_mac(host->netlink, host->ifindex, &host->config->mac);

	compare_mtu(host, nic_mtu);
	if (!rc)
		rc = mtu ? set_mtu(host, mtu) : set_no_addrgen(host);
	if (!rc)
		rc = netlink_link_set_up(host->netlink, host->ifindex, true);
	if (rc)
		log_error_errno(-rc, "%s: cannot set it up", host->config->tap);
	return rc;
}

static int add_addresses(struct host *host, const struct config_addresses *addresses, bool cluster)
{
	char text[PREFIX_STRLEN];
	size_t i;
	int rc;

	for (i = 0; i < addresses->count; i++) {
		rc = netlink_address_add(host->netlink, host->ifindex, &addresses->list[i],
					 cluster);
		if (rc) {
			log_error_errno(-rc, "%s: cannot add the address %s", host->config->tap,
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

/* Has a cluster address before the one at `index` the same network, and so its route? */
static bool network_seen(const struct config_addresses *cluster, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (cluster->list[i].len == cluster->list[index].len &&
		    prefix_contains(&cluster->list[i], &cluster->list[index].addr))
			return true;
	return false;
}

static int add_cluster_route(struct host *host, const struct ip_prefix *address, bool again)
{
	char text[PREFIX_STRLEN];
	int rc = netlink_route_add_onlink(host->netlink, host->ifindex, address, &address->addr);

	prefix_format(address, text);
	if (rc == -EEXIST && again)
		return 0;
	if (rc == -EEXIST) {
		log_warning("%s: the network of the cluster address %s has a route already: it "
			    "is left as it is",
			    host->config->tap, text);
		return 0;
	}
	if (rc)
		log_error_errno(-rc, "%s: cannot add the route of %s", host->config->tap, text);
	return rc;
}

/* A cluster address that no dedicated prefix holds has a network of its own. */
static int add_cluster_routes(struct host *host, bool again)
{
	const struct config_addresses *cluster = &host->config->address;
	size_t i;
	int rc = 0;

	for (i = 0; i < cluster->count && !rc; i++)
		if (!prefix_holding(&peers_self(host->peers)->address, &cluster->list[i].addr) &&
		    !network_seen(cluster, i))
			rc = add_cluster_route(host, &cluster->list[i], again);
	return rc;
}

/* By its own address, even if the cluster's network alone holds the gateway: a cluster
 * address never becomes the source of what a node starts itself. */
static int add_gateway(struct host *host, bool again)
{
	const struct ip_addr *gateway = &host->config->gateway;
	const struct ip_addr *source = NULL;
	char text[IP_STRLEN];
	int rc;

	if (gateway->family == AF_UNSPEC)
		return 0;
	if (!prefix_holding(&peers_self(host->peers)->address, gateway))
		source = peers_own_address_for(host->peers, gateway);
	rc = netlink_route_add_default(host->netlink, host->ifindex, gateway, source);
	ip_format(gateway, text);
	if (rc == -EEXIST && (again || host->config->adopt)) /* it will move to the TAP */
		return 0;
	if (rc == -EEXIST) {
		log_warning("there is a default route already: gateway %s is not used", text);
		return 0;
	}
	if (rc)
		log_error_errno(-rc, "%s: cannot add the default route by %s", host->config->tap,
				text);
	return rc;
}

struct host *host_create(const struct peers *peers, struct netlink *netlink)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->peers = peers;
	host->handed = (struct handover){ HANDOVER_TAP, peers, 0 };
	host->config = peers_config(peers);
	host->netlink = netlink;
	if (!open_tap(host))
		return host;
	host_destroy(host);
	return NULL;
}

void host_destroy(struct host *host)
{
	if (!host)
		return;
	tap_close(host->tap);
	free(host);
}

struct removal {
	struct host *host;
	bool (*keeps)(const struct ip_addr *address, const void *arg);
	const void *arg;
};

static void remove_address(const struct ip_prefix *address, void *arg)
{
	const struct removal *r = arg;

	if (!r->keeps || !r->keeps(&address->addr, r->arg))
		netlink_address_remove(r->host->netlink, r->host->ifindex, address);
}

void host_remove_addresses(struct host *host,
			   bool (*keeps)(const struct ip_addr *address, const void *arg),
			   const void *arg)
{
	struct removal r = { host, keeps, arg };

	if (host)
		netlink_address_list(host->netlink, host->ifindex, remove_address, &r);
}

void host_take_down(struct host *host)
{
	if (!host)
		return;
	netlink_link_set_up(host->netlink, host->ifindex, false);
	host_remove_addresses(host, NULL, NULL);
	handover_forget(&host->handed);
}

/* `again`: they may be there. */
static int add_routes(struct host *host, bool again)
{
	int rc = add_cluster_routes(host, again);

	return rc ? rc : add_gateway(host, again);
}

static int configure(struct host *host, unsigned mtu)
{
	int rc = set_link(host, mtu);

	if (!rc)
		rc = add_addresses(host, &peers_self(host->peers)->address, false);
	if (!rc)
		rc = add_addresses(host, &host->config->address, true);
	if (!rc)
		rc = add_routes(host, false);
	return rc;
}

int host_configure(struct host *host, unsigned mtu)
{
	int rc = 0;

	if (host->adopted) {
		log_notice("%s: as an earlier run left it", host->config->tap);
		if (mtu)
			host_follow_mtu(host, mtu);
	} else {
		rc = configure(host, mtu);
	}
	host->up = true;
	if (!rc)
		handover_store(&host->handed, tap_fd(host->tap));
	host_link_changed(host, false);
	return rc;
}

int host_renew(struct host *host)
{
	handover_forget(&host->handed);
	tap_close(host->tap);
	host->tap = NULL;
	host->adopted = false;
	host->up = false;
	host->carrier = CARRIER_UNKNOWN;
	return open_tap(host);
}

struct tap *host_tap(struct host *host)
{
	return host->tap;
}

int host_ifindex(const struct host *host)
{
	return host->ifindex;
}

bool host_is_up(const struct host *host)
{
	return host->up;
}

void host_reload(struct host *host, unsigned nic_mtu)
{
	struct netlink_link now;
	unsigned mtu = host->config->mtu ? host->config->mtu : nic_mtu;

	if (!mtu || netlink_link_by_index(host->netlink, host->ifindex, &now) || now.mtu == mtu)
		return;
	compare_mtu(host, nic_mtu);
	set_mtu(host, mtu);
}

void host_follow_mtu(struct host *host, unsigned mtu)
{
	compare_mtu(host, mtu);
	if (!host->config->mtu)
		set_mtu(host, mtu);
}

bool host_link_changed(struct host *host, bool was_down)
{
	struct netlink_link now; /* the news may be of before host_configure() */
	bool up, comes_back;

	if (netlink_link_by_index(host->netlink, host->ifindex, &now))
		return false;
	up = now.flags & IFF_UP;
	comes_back = up && (was_down || !host->up);
	if (up != host->up)
		log_notice("%s was set %s", host->config->tap, up ? "up" : "down");
	host->up = up;
	if (comes_back)
		add_routes(host, true);
	return comes_back;
}

bool host_set_carrier(struct host *host, bool carrier)
{
	int rc;

	if (!host->tap || host->carrier == (carrier ? CARRIER_ON : CARRIER_OFF))
		return false;
	rc = tap_set_carrier(host->tap, carrier);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set its carrier %s", host->config->tap,
				  carrier ? "on" : "off");
	host->carrier = carrier ? CARRIER_ON : CARRIER_OFF;
	return carrier;
}
