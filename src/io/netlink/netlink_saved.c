/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_saved: an address or a route as the body of a netlink message; see netlink_saved.h. */
#include "io/netlink/netlink_saved.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

/* --- lists --- */

int netlink_saved_append(struct netlink_saved_list *list, const struct netlink_saved *item)
{
	struct netlink_saved *grown =
		reallocarray(list->list, list->count + 1, sizeof(*list->list));
	unsigned char *body = malloc(item->len ? item->len : 1);

	if (grown)
		list->list = grown;
	if (!grown || !body) {
		free(body);
		return -ENOMEM;
	}
	memcpy(body, item->body, item->len);
	grown[list->count] = *item;
	grown[list->count++].body = body;
	return 0;
}

void netlink_saved_truncate(struct netlink_saved_list *list, size_t count)
{
	while (list->count > count)
		free(list->list[--list->count].body);
}

void netlink_saved_clear(struct netlink_saved_list *list)
{
	netlink_saved_truncate(list, 0);
	free(list->list);
	*list = (struct netlink_saved_list){ 0 };
}

int netlink_saved_append_link_local(struct netlink_saved_list *list, const struct ip_addr *address)
{
	struct {
		struct ifaddrmsg head;
		struct nlattr own;
		uint8_t bytes[16];
		struct nlattr protocol; /* since Linux 5.18; before, it is ignored */
		uint8_t kernel_ll[NLA_ALIGNTO];
		struct nlattr flags;
		uint32_t none;
	} body = {
		.head = { .ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_scope = RT_SCOPE_LINK },
		.own = { .nla_len = NLA_HDRLEN + 16, .nla_type = IFA_ADDRESS },
		.protocol = { .nla_len = NLA_HDRLEN + 1, .nla_type = IFA_PROTO },
		.kernel_ll = { IFAPROT_KERNEL_LL },
		.flags = { .nla_len = NLA_HDRLEN + 4, .nla_type = IFA_FLAGS }
	};
	const struct netlink_saved item = { .needs_dad = true,
					    .len = sizeof(body),
					    .body = (unsigned char *)&body };

	memcpy(body.bytes, address->b, sizeof(body.bytes));
	return netlink_saved_append(list, &item);
}

void netlink_saved_drop_family(struct netlink_saved_list *list, int family)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (netlink_saved_family(&list->list[i]) != family)
			list->list[kept++] = list->list[i];
		else
			free(list->list[i].body);
	}
	list->count = kept;
}

/* --- bodies --- */

size_t netlink_saved_head(bool is_route)
{
	return NLMSG_ALIGN(is_route ? sizeof(struct rtmsg) : sizeof(struct ifaddrmsg));
}

struct nlattr *netlink_saved_attributes(const struct netlink_saved *item, int *len)
{
	size_t head = netlink_saved_head(item->is_route);

	*len = item->len < head ? 0 : (int)(item->len - head);
	return (struct nlattr *)(void *)(item->body + head);
}

struct nlattr *netlink_saved_find(const struct netlink_saved *item, int type)
{
	int len;
	struct nlattr *first = netlink_saved_attributes(item, &len);

	return len ? nla_find(first, len, type) : NULL;
}

int netlink_saved_family(const struct netlink_saved *item)
{
	return item->len ? item->body[0] : AF_UNSPEC; /* the first byte of both headers */
}

static bool ip_of(int family, const struct nlattr *attribute, struct ip_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->family = (uint8_t)family;
	if (family != AF_INET && family != AF_INET6)
		return false;
	if (!attribute) /* no attribute: the destination of a default route */
		return true;
	if ((size_t)nla_len(attribute) != ip_bytes(out))
		return false;
	memcpy(out->b, nla_data(attribute), ip_bytes(out));
	return true;
}

bool netlink_saved_prefix(const struct netlink_saved *item, struct ip_prefix *out)
{
	const struct nlattr *own;

	if (item->len < netlink_saved_head(item->is_route))
		return false;
	out->len = item->body[1]; /* the second byte of both headers */
	if (item->is_route)
		return ip_of(netlink_saved_family(item), netlink_saved_find(item, RTA_DST),
			     &out->addr);
	own = netlink_saved_find(item, IFA_LOCAL);
	own = own ? own : netlink_saved_find(item, IFA_ADDRESS);
	return own && ip_of(netlink_saved_family(item), own, &out->addr);
}

static bool has_protocol(const struct netlink_saved *item, uint8_t protocol)
{
	const struct rtmsg *head = (const void *)item->body;

	return item->is_route && item->len >= sizeof(*head) && head->rtm_protocol == protocol;
}

static void set_protocol(const struct netlink_saved *route, uint8_t protocol)
{
	((struct rtmsg *)(void *)route->body)->rtm_protocol = protocol;
}

bool netlink_saved_is_kernels(const struct netlink_saved *item)
{
	return has_protocol(item, RTPROT_KERNEL);
}

bool netlink_saved_has_hops(const struct netlink_saved *item)
{
	return item->is_route && netlink_saved_find(item, RTA_MULTIPATH);
}

bool netlink_saved_source(const struct netlink_saved *item, struct ip_addr *out)
{
	const struct nlattr *source = item->is_route ? netlink_saved_find(item, RTA_PREFSRC) : NULL;

	return source && ip_of(netlink_saved_family(item), source, out);
}

static bool has_noprefixroute(const struct netlink_saved *address)
{
	const struct nlattr *flags = netlink_saved_find(address, IFA_FLAGS);

	return flags && (nla_get_u32(flags) & IFA_F_NOPREFIXROUTE);
}

/* IPv4: the route to the network of the address, or of its peer address if it has one. */
static bool makes_ipv4(const struct netlink_saved *address, const struct netlink_saved *route,
		       const struct ip_prefix *own, const struct ip_prefix *to)
{
	struct ip_addr network, source;

	return !has_noprefixroute(address) && to->len == own->len &&
	       ip_of(AF_INET, netlink_saved_find(address, IFA_ADDRESS), &network) &&
	       prefix_contains(to, &network) &&
	       (!netlink_saved_source(route, &source) || ip_equal(&source, &own->addr));
}

/* IPv6: the route to the network; and the route to a peer address, which IFA_F_NOPREFIXROUTE does
 * not prevent. */
static bool makes_ipv6(const struct netlink_saved *address, const struct ip_prefix *own,
		       const struct ip_prefix *to)
{
	struct ip_addr peer;

	if (to->len == own->len && prefix_contains(to, &own->addr))
		return !has_noprefixroute(address);
	return to->len == 8 * ip_bytes(&to->addr) &&
	       ip_of(AF_INET6, netlink_saved_find(address, IFA_ADDRESS), &peer) &&
	       ip_equal(&to->addr, &peer) && !ip_equal(&peer, &own->addr);
}

bool netlink_saved_makes(const struct netlink_saved *address, const struct netlink_saved *route)
{
	struct ip_prefix own, to;

	if (address->is_route ||
	    !(netlink_saved_is_kernels(route) || netlink_saved_is_connected(route)) ||
	    !netlink_saved_prefix(address, &own) || !netlink_saved_prefix(route, &to) ||
	    own.addr.family != to.addr.family)
		return false;
	return to.addr.family == AF_INET ? makes_ipv4(address, route, &own, &to)
					 : makes_ipv6(address, &own, &to);
}

/* Without a rest, which the kernel would refuse, and which what is appended later would complete.
 */
static bool has_whole_attributes(const struct netlink_saved *item)
{
	int left;
	struct nlattr *attribute = netlink_saved_attributes(item, &left);

	while (nla_ok(attribute, left))
		attribute = nla_next(attribute, &left);
	return left <= 0;
}

/* Whatever is read of an item as a 32-bit number is one: nla_get_u32() does not look. */
static bool has_whole_numbers(const struct netlink_saved *item)
{
	static const int route[] = { RTA_OIF, RTA_PRIORITY, RTA_TABLE, RTA_EXPIRES, 0 },
			 address[] = { IFA_FLAGS, IFA_RT_PRIORITY, 0 };

	for (const int *type = item->is_route ? route : address; *type; type++) {
		const struct nlattr *number = netlink_saved_find(item, *type);

		if (number && nla_len(number) != sizeof(uint32_t))
			return false;
	}
	return true;
}

bool netlink_saved_is_valid(const struct netlink_saved *item)
{
	struct ip_prefix prefix;

	return netlink_saved_prefix(item, &prefix) && prefix.len <= 8 * ip_bytes(&prefix.addr) &&
	       has_whole_attributes(item) && has_whole_numbers(item);
}

/* Length without the lifetime, which is the last attribute. */
static size_t length_of(const struct netlink_saved *route)
{
	return netlink_saved_find(route, RTA_EXPIRES) ? route->len - NETLINK_NUMBER_LEN
						      : route->len;
}

struct netlink_route_key netlink_saved_key(const struct netlink_saved *route)
{
	const struct rtmsg *head = (const void *)route->body;
	const struct nlattr *table = netlink_saved_find(route, RTA_TABLE),
			    *priority = netlink_saved_find(route, RTA_PRIORITY);
	struct netlink_route_key key;

	memset(&key, 0, sizeof(key));
	netlink_saved_prefix(route, &key.to);
	key.table = table ? nla_get_u32(table) : head->rtm_table;
	key.priority = priority ? nla_get_u32(priority) : 0;
	key.tos = head->rtm_tos;
	return key;
}

bool netlink_saved_same_key(const struct netlink_saved *a, const struct netlink_saved *b)
{
	const struct netlink_route_key p = netlink_saved_key(a), q = netlink_saved_key(b);

	return !memcmp(&p, &q, sizeof(p));
}

bool netlink_saved_is_aside(const struct netlink_saved *item)
{
	return has_protocol(item, NETLINK_PROTOCOL_ASIDE);
}

bool netlink_saved_is_connected(const struct netlink_saved *item)
{
	return has_protocol(item, NETLINK_PROTOCOL_CONNECTED);
}

bool netlink_saved_connect(struct netlink_saved *item)
{
	if (!netlink_saved_is_kernels(item))
		return false;
	if (netlink_saved_family(item) == AF_INET) {
		set_protocol(item, NETLINK_PROTOCOL_CONNECTED);
		return true;
	}
	return netlink_saved_lower_metric(item);
}

bool netlink_saved_lower_metric(struct netlink_saved *item)
{
	const uint32_t lower = NETLINK_CONNECTED_METRIC;
	struct nlattr *metric =
		netlink_saved_find(item, item->is_route ? RTA_PRIORITY : IFA_RT_PRIORITY);

	if (netlink_saved_family(item) != AF_INET6 || !metric ||
	    nla_get_u32(metric) != NETLINK_KERNEL_METRIC)
		return false;
	memcpy(nla_data(metric), &lower, sizeof(lower));
	return true;
}

int netlink_saved_append_aside(struct netlink_saved_list *list, const struct netlink_saved *route)
{
	uint32_t metric = netlink_saved_key(route).priority + 1;
	struct {
		struct nlattr head;
		uint32_t value;
	} priority = { { .nla_len = sizeof(priority), .nla_type = RTA_PRIORITY }, metric };
	struct netlink_saved copy = *route;
	struct nlattr *old;
	int rc;

	if (!metric || netlink_saved_has_lifetime(route))
		return -ERANGE;
	copy.body = malloc(NLMSG_ALIGN(route->len) + sizeof(priority));
	if (!copy.body)
		return -ENOMEM;
	memcpy(copy.body, route->body, route->len);
	old = netlink_saved_find(&copy, RTA_PRIORITY);
	if (old) {
		memcpy(nla_data(old), &metric, sizeof(metric));
	} else { /* IPv4, metric 0 */
		memcpy(copy.body + NLMSG_ALIGN(copy.len), &priority, sizeof(priority));
		copy.len = NLMSG_ALIGN(copy.len) + (uint32_t)sizeof(priority);
	}
	set_protocol(&copy, NETLINK_PROTOCOL_ASIDE);
	rc = netlink_saved_append(list, &copy);
	free(copy.body);
	return rc;
}

bool netlink_saved_equal(const struct netlink_saved *a, const struct netlink_saved *b)
{
	struct ip_prefix p, q;

	if (a->is_route != b->is_route)
		return false;
	if (a->is_route)
		return length_of(a) == length_of(b) && !memcmp(a->body, b->body, length_of(a));
	return netlink_saved_prefix(a, &p) && netlink_saved_prefix(b, &q) && p.len == q.len &&
	       ip_equal(&p.addr, &q.addr);
}

bool netlink_saved_has_lifetime(const struct netlink_saved *item)
{
	const struct nlattr *info = item->is_route ? NULL : netlink_saved_find(item, IFA_CACHEINFO);
	struct ifa_cacheinfo cache;

	if (!info || (size_t)nla_len(info) < sizeof(cache))
		return item->is_route && netlink_saved_find(item, RTA_EXPIRES);
	memcpy(&cache, nla_data(info), sizeof(cache));
	return cache.ifa_valid != NETLINK_FOREVER;
}

struct netlink_saved *netlink_saved_find_equal(const struct netlink_saved_list *list,
					       const struct netlink_saved *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (netlink_saved_equal(&list->list[i], item))
			return &list->list[i];
	return NULL;
}
