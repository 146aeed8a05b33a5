/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_config: change links, addresses and routes, with the objects of libnl-route; see
 * netlink_config.h.
 */
#include "io/netlink/netlink_config.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_saved.h"
#include "io/netlink/netlink_socket.h"

#define FOREVER UINT32_MAX

/* --- links --- */

/* Request `changes` and free them. They may be NULL: -ENOMEM. */
static int link_change(struct netlink *nl, int ifindex, struct rtnl_link *changes)
{
	struct rtnl_link *link = rtnl_link_alloc();
	int nle = -NLE_NOMEM;

	if (link && changes) {
		rtnl_link_set_ifindex(link, ifindex);
		nle = rtnl_link_change(nl->requests, link, changes, 0);
	}
	rtnl_link_put(link);
	rtnl_link_put(changes);
	return netlink_result(nl, nle);
}

int netlink_link_set_up(struct netlink *nl, int ifindex, bool up)
{
	struct rtnl_link *changes = rtnl_link_alloc();

	if (changes && up)
		rtnl_link_set_flags(changes, IFF_UP);
	else if (changes)
		rtnl_link_unset_flags(changes, IFF_UP);
	return link_change(nl, ifindex, changes);
}

int netlink_link_set_mtu(struct netlink *nl, int ifindex, unsigned mtu)
{
	struct rtnl_link *changes = rtnl_link_alloc();

	if (changes)
		rtnl_link_set_mtu(changes, mtu);
	return link_change(nl, ifindex, changes);
}

int netlink_link_set_mac(struct netlink *nl, int ifindex, const struct mac *mac)
{
	struct rtnl_link *changes = rtnl_link_alloc();
	struct nl_addr *addr = nl_addr_build(AF_LLC, mac->b, MAC_LEN);

	if (!changes || !addr) {
		rtnl_link_put(changes);
		nl_addr_put(addr);
		return -ENOMEM;
	}
	rtnl_link_set_addr(changes, addr);
	nl_addr_put(addr);
	return link_change(nl, ifindex, changes);
}

int netlink_link_set_addrgen(struct netlink *nl, int ifindex, uint8_t mode)
{
	struct rtnl_link *changes = rtnl_link_alloc();

	if (changes && rtnl_link_inet6_set_addr_gen_mode(changes, mode) < 0) {
		rtnl_link_put(changes);
		return -ENOMEM;
	}
	return link_change(nl, ifindex, changes);
}

int netlink_link_set_no_addrgen(struct netlink *nl, int ifindex)
{
	return netlink_link_set_addrgen(nl, ifindex, IN6_ADDR_GEN_MODE_NONE);
}

/* libnl has no request with a token. */
int netlink_link_set_token(struct netlink *nl, int ifindex, const struct ip_addr *token)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct nl_msg *request = nlmsg_alloc_simple(RTM_SETLINK, 0);
	struct nlattr *families = NULL, *ipv6 = NULL;
	bool is_whole = request && nlmsg_append(request, &info, sizeof(info), NLMSG_ALIGNTO) >= 0;

	if (is_whole)
		families = nla_nest_start(request, IFLA_AF_SPEC);
	if (families)
		ipv6 = nla_nest_start(request, AF_INET6);
	if (!ipv6 || nla_put(request, IFLA_INET6_TOKEN, sizeof(struct in6_addr), token->b) < 0) {
		nlmsg_free(request);
		return -ENOMEM;
	}
	nla_nest_end(request, ipv6);
	nla_nest_end(request, families);
	return netlink_result(nl, nl_send_sync(nl->requests, request)); /* frees it */
}

/* --- addresses --- */

static bool prefix_valid(const struct ip_prefix *prefix)
{
	return (prefix->addr.family == AF_INET || prefix->addr.family == AF_INET6) &&
	       prefix->len <= 8 * ip_bytes(&prefix->addr);
}

/* The prefix with all host bits 0 (its network) or 1 (its broadcast address). */
static struct ip_addr with_host_bits(const struct ip_prefix *prefix, bool one)
{
	struct ip_addr ip = prefix->addr;

	for (size_t bit = prefix->len; bit < 8 * ip_bytes(&ip); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (one)
			ip.b[bit / 8] |= mask;
		else
			ip.b[bit / 8] &= (uint8_t)~mask;
	}
	return ip;
}

static struct nl_addr *to_nl_addr(const struct ip_addr *ip, unsigned prefix_len)
{
	struct nl_addr *addr = nl_addr_build(ip->family, ip->b, ip_bytes(ip));

	if (addr)
		nl_addr_set_prefixlen(addr, (int)prefix_len);
	return addr;
}

static int set_local(struct rtnl_addr *entry, const struct ip_prefix *address)
{
	struct nl_addr *local = to_nl_addr(&address->addr, address->len);
	int nle = local ? rtnl_addr_set_local(entry, local) : -NLE_NOMEM;

	nl_addr_put(local);
	return nle;
}

static int set_broadcast(struct rtnl_addr *entry, const struct ip_prefix *address)
{
	struct ip_addr ip = with_host_bits(address, true);
	struct nl_addr *broadcast = to_nl_addr(&ip, 32);
	int nle = broadcast ? rtnl_addr_set_broadcast(entry, broadcast) : -NLE_NOMEM;

	nl_addr_put(broadcast);
	return nle;
}

static int fill_ipv4(struct rtnl_addr *entry, const struct ip_prefix *address)
{
	rtnl_addr_set_scope(entry, RT_SCOPE_UNIVERSE);
	return address->len < 31 ? set_broadcast(entry, address) : 0;
}

static int fill_ipv6(struct rtnl_addr *entry, enum netlink_address_kind kind)
{
	if (kind != NETLINK_DEDICATED_DAD)
		rtnl_addr_set_flags(entry, IFA_F_NODAD);
	if (kind == NETLINK_CLUSTER) {
		rtnl_addr_set_valid_lifetime(entry, FOREVER);
		rtnl_addr_set_preferred_lifetime(entry, 0);
	}
	return 0;
}

/* Of the connected route of an address of the TAP; 0: the kernel's own, also for fe80::/64, to
 * which every link has a route. */
static uint32_t connected_metric(const struct ip_addr *address)
{
	bool is_global = address->family == AF_INET6 && !ip_is_link_local(address);

	return is_global ? NETLINK_CONNECTED_METRIC : 0;
}

/* Send the address and free it. libnl has no setter for the metric. */
static int request_address(struct netlink *nl, struct rtnl_addr *entry, uint32_t metric)
{
	struct nl_msg *request = NULL;
	int nle = rtnl_addr_build_add_request(entry, NLM_F_EXCL, &request);

	rtnl_addr_put(entry);
	if (nle >= 0 && metric)
		nle = nla_put_u32(request, IFA_RT_PRIORITY, metric);
	if (nle < 0) {
		nlmsg_free(request);
		return netlink_result(nl, nle);
	}
	return netlink_result(nl, nl_send_sync(nl->requests, request)); /* frees it */
}

int netlink_address_add(struct netlink *nl, int ifindex, const struct ip_prefix *address,
			enum netlink_address_kind kind)
{
	struct ip_prefix added = *address;
	struct rtnl_addr *entry;
	int nle;

	if (!prefix_valid(address))
		return -EINVAL;
	entry = rtnl_addr_alloc();
	if (!entry)
		return -ENOMEM;
	if (kind == NETLINK_CLUSTER)
		added.len = (uint8_t)(8 * ip_bytes(&added.addr));
	rtnl_addr_set_ifindex(entry, ifindex);
	nle = set_local(entry, &added);
	if (nle >= 0)
		nle = added.addr.family == AF_INET ? fill_ipv4(entry, &added)
						   : fill_ipv6(entry, kind);
	if (nle >= 0)
		return request_address(nl, entry, connected_metric(&added.addr));
	rtnl_addr_put(entry);
	return netlink_result(nl, nle);
}

int netlink_address_remove(struct netlink *nl, int ifindex, const struct ip_prefix *address)
{
	struct rtnl_addr *entry = rtnl_addr_alloc();
	int nle;

	if (!entry)
		return -ENOMEM;
	rtnl_addr_set_ifindex(entry, ifindex);
	nle = set_local(entry, address);
	if (nle >= 0)
		nle = rtnl_addr_delete(nl->requests, entry, 0);
	rtnl_addr_put(entry);
	return netlink_result(nl, nle);
}

/* --- routes --- */

static int set_destination(struct rtnl_route *route, const struct ip_prefix *destination)
{
	struct nl_addr *addr = to_nl_addr(&destination->addr, destination->len);
	int nle = addr ? rtnl_route_set_dst(route, addr) : -NLE_NOMEM;

	nl_addr_put(addr);
	return nle;
}

static int set_source(struct rtnl_route *route, const struct ip_addr *source)
{
	struct nl_addr *addr = to_nl_addr(source, 8 * (unsigned)ip_bytes(source));
	int nle = addr ? rtnl_route_set_pref_src(route, addr) : -NLE_NOMEM;

	nl_addr_put(addr);
	return nle;
}

static int add_nexthop(struct rtnl_route *route, int ifindex, const struct ip_addr *gateway)
{
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *addr;

	if (!hop)
		return -NLE_NOMEM;
	rtnl_route_nh_set_ifindex(hop, ifindex);
	if (gateway) {
		addr = to_nl_addr(gateway, 8 * (unsigned)ip_bytes(gateway));
		if (!addr) {
			rtnl_route_nh_free(hop);
			return -NLE_NOMEM;
		}
		rtnl_route_nh_set_gateway(hop, addr);
		nl_addr_put(addr);
	}
	rtnl_route_add_nexthop(route, hop); /* takes ownership */
	return 0;
}

/* A route of table main. RTPROT_STATIC: as an operator's, so that routing daemons do not change it.
 * Metric: the kernel's default. NULL: out of memory. */
static struct rtnl_route *make_route(int ifindex, uint8_t protocol,
				     const struct ip_prefix *destination,
				     const struct ip_addr *gateway, const struct ip_addr *source)
{
	struct rtnl_route *route = rtnl_route_alloc();
	int nle;

	if (!route)
		return NULL;
	rtnl_route_set_table(route, RT_TABLE_MAIN);
	rtnl_route_set_protocol(route, protocol);
	rtnl_route_set_type(route, RTN_UNICAST);
	rtnl_route_set_scope(route, gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
	nle = rtnl_route_set_family(route, destination->addr.family);
	if (nle >= 0)
		nle = set_destination(route, destination);
	if (nle >= 0 && source)
		nle = set_source(route, source);
	if (nle >= 0)
		nle = add_nexthop(route, ifindex, gateway);
	if (nle >= 0)
		return route;
	rtnl_route_put(route);
	return NULL;
}

/* Add the route and free it. It may be NULL: -ENOMEM. */
static int add_route(struct netlink *nl, struct rtnl_route *route, int flags)
{
	int nle = route ? rtnl_route_add(nl->requests, route, flags) : -NLE_NOMEM;

	rtnl_route_put(route);
	return netlink_result(nl, nle);
}

static struct ip_prefix network_of(const struct ip_prefix *prefix)
{
	return (struct ip_prefix){ with_host_bits(prefix, false), prefix->len };
}

int netlink_route_add_onlink(struct netlink *nl, int ifindex, const struct ip_prefix *prefix,
			     const struct ip_addr *source)
{
	struct ip_prefix network = network_of(prefix);

	if (!prefix_valid(prefix))
		return -EINVAL;
	return add_route(nl, make_route(ifindex, RTPROT_STATIC, &network, NULL, source),
			 NLM_F_EXCL);
}

int netlink_route_remove_onlink(struct netlink *nl, int ifindex, const struct ip_prefix *prefix)
{
	struct ip_prefix network = network_of(prefix);
	struct rtnl_route *route = make_route(ifindex, RTPROT_STATIC, &network, NULL, NULL);
	int nle = route ? rtnl_route_delete(nl->requests, route, 0) : -NLE_NOMEM;

	rtnl_route_put(route);
	return netlink_result(nl, nle);
}

/* The kernel's own IPv6 routes have no source; each link may have one to the same network. */
static int add_connected_ipv6(struct netlink *nl, int ifindex, const struct ip_prefix *network)
{
	struct rtnl_route *route = make_route(ifindex, RTPROT_KERNEL, network, NULL, NULL);
	uint32_t metric = connected_metric(&network->addr);

	if (route)
		rtnl_route_set_priority(route, metric ? metric : NETLINK_KERNEL_METRIC);
	return add_route(nl, route, 0);
}

int netlink_route_add_connected(struct netlink *nl, int ifindex, const struct ip_prefix *address)
{
	struct ip_prefix network = network_of(address);

	if (!prefix_valid(address))
		return -EINVAL;
	if (network.addr.family == AF_INET6)
		return add_connected_ipv6(nl, ifindex, &network);
	return add_route(
		nl, make_route(ifindex, NETLINK_PROTOCOL_CONNECTED, &network, NULL, &address->addr),
		NLM_F_EXCL);
}

int netlink_route_add_default(struct netlink *nl, int ifindex, const struct ip_addr *gateway,
			      const struct ip_addr *source)
{
	struct ip_prefix everything;

	memset(&everything, 0, sizeof(everything));
	everything.addr.family = gateway->family;
	if (!prefix_valid(&everything))
		return -EINVAL;
	return add_route(nl, make_route(ifindex, RTPROT_STATIC, &everything, gateway, source),
			 NLM_F_EXCL);
}
