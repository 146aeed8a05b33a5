/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host: the TAP device as a configured interface; see host.h. */
#include "host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "log.h"

struct host {
	const struct config *config;
	const struct config_node *self;
	struct netlink *netlink;
	struct tap *tap;
	int ifindex;
};

static int open_tap(struct host *host)
{
	const char *name = host->config->tap;
	struct netlink_link link;
	int rc = tap_open(name, &host->tap);

	if (rc == -EBUSY || rc == -EINVAL)
		log_error("%s exists already: another clusterarpd runs, or another program made "
			  "it",
			  name);
	else if (rc)
		log_error_errno(-rc, "%s: cannot make the TAP device (/dev/net/tun)", name);
	if (rc)
		return rc;
	rc = netlink_link_by_name(host->netlink, name, &link);
	if (rc)
		log_error_errno(-rc, "%s: cannot look it up", name);
	else
		host->ifindex = link.ifindex;
	return rc;
}

static int set_link(struct host *host, unsigned mtu)
{
	int rc = netlink_link_set_mac(host->netlink, host->ifindex, &host->config->mac);

	if (!rc)
		rc = netlink_link_set_no_addrgen(host->netlink, host->ifindex);
	if (!rc && mtu)
		rc = netlink_link_set_mtu(host->netlink, host->ifindex, mtu);
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

/* A cluster address that no dedicated prefix holds has a network of its own. */
static int add_cluster_routes(struct host *host)
{
	const struct config_addresses *cluster = &host->config->address;
	char text[PREFIX_STRLEN];
	size_t i;
	int rc;

	for (i = 0; i < cluster->count; i++) {
		if (prefix_holding(&host->self->address, &cluster->list[i].addr))
			continue;
		rc = netlink_route_add_onlink(host->netlink, host->ifindex, &cluster->list[i],
					      &cluster->list[i].addr);
		if (rc && rc != -EEXIST) { /* two cluster addresses in one network */
			log_error_errno(-rc, "%s: cannot add the route of %s", host->config->tap,
					prefix_format(&cluster->list[i], text));
			return rc;
		}
	}
	return 0;
}

static int add_gateway(struct host *host)
{
	const struct ip_addr *gateway = &host->config->gateway;
	const struct ip_prefix *cluster = prefix_holding(&host->config->address, gateway);
	const struct ip_addr *source = NULL;
	char text[IP_STRLEN];
	int rc;

	if (gateway->family == AF_UNSPEC)
		return 0;
	if (cluster && !prefix_holding(&host->self->address, gateway))
		source = &cluster->addr;
	rc = netlink_route_add_default(host->netlink, host->ifindex, gateway, source);
	ip_format(gateway, text);
	if (rc == -EEXIST) {
		log_warning("there is a default route already: gateway %s is not used", text);
		return 0;
	}
	if (rc)
		log_error_errno(-rc, "%s: cannot add the default route by %s", host->config->tap,
				text);
	return rc;
}

struct host *host_create(const struct peers *peers, struct netlink *netlink, unsigned mtu)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->config = peers_config(peers);
	host->self = peers_self(peers);
	host->netlink = netlink;
	if (host->config->mtu)
		mtu = host->config->mtu;
	if (!open_tap(host) && !set_link(host, mtu) &&
	    !add_addresses(host, &host->self->address, false) &&
	    !add_addresses(host, &host->config->address, true) && !add_cluster_routes(host) &&
	    !add_gateway(host))
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

struct tap *host_tap(struct host *host)
{
	return host->tap;
}

int host_ifindex(const struct host *host)
{
	return host->ifindex;
}

void host_follow_mtu(struct host *host, unsigned mtu)
{
	int rc;

	if (host->config->mtu)
		return;
	rc = netlink_link_set_mtu(host->netlink, host->ifindex, mtu);
	if (rc)
		log_warning_errno(-rc, "%s: cannot set its MTU to %u", host->config->tap, mtu);
}
