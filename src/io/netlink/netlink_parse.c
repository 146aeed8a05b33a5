/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_parse: parse rtnetlink messages; see netlink_parse.h.
 *
 * Messages are parsed from raw attributes, not as libnl objects: the parsers of libnl reject a
 * whole message for one attribute that they do not expect. The same parser serves lookups and
 * events.
 */
#include "io/netlink/netlink_parse.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

static const struct nla_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_IFNAME] = { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[IFLA_MTU] = { .type = NLA_U32 },
	[IFLA_MASTER] = { .type = NLA_U32 },
	[IFLA_LINK] = { .type = NLA_U32 },
};

/* A part of the IPv6 settings, at least `len` bytes long; NULL: there is none. */
static const void *ipv6_part(const struct nlattr *ipv6, int type, size_t len)
{
	struct nlattr *part = nla_find(nla_data(ipv6), nla_len(ipv6), type);

	return part && (size_t)nla_len(part) >= len ? nla_data(part) : NULL;
}

/* The value of a sysctl of IPv6: they come as an array of int, which grows with the kernel. */
static bool ipv6_sysctl(const struct nlattr *ipv6, size_t index)
{
	int32_t value = 0;
	const uint8_t *all = ipv6_part(ipv6, IFLA_INET6_CONF, (index + 1) * sizeof(value));

	if (all)
		memcpy(&value, all + index * sizeof(value), sizeof(value));
	return value;
}

/* IFLA_AF_SPEC, AF_INET6. */
static void parse_ipv6(const struct nlattr *families, struct netlink_link *out)
{
	const struct nlattr *ipv6 =
		families ? nla_find(nla_data(families), nla_len(families), AF_INET6) : NULL;
	const uint8_t *mode, *token;

	out->addrgen = IN6_ADDR_GEN_MODE_NONE;
	out->has_ipv6 = ipv6;
	if (!ipv6)
		return;
	mode = ipv6_part(ipv6, IFLA_INET6_ADDR_GEN_MODE, 1);
	token = ipv6_part(ipv6, IFLA_INET6_TOKEN, sizeof(struct in6_addr));
	if (mode)
		out->addrgen = *mode;
	if (token)
		out->token = ip_from_ipv6_bytes(token);
	out->ipv6_disabled = ipv6_sysctl(ipv6, DEVCONF_DISABLE_IPV6);
	out->forwards_ipv6 = ipv6_sysctl(ipv6, DEVCONF_FORWARDING);
}

/* A number in the part of the settings that the kind of link has for itself; 0: it has none. */
static uint32_t kind_number(const struct nlattr *data, int type, size_t len)
{
	struct nlattr *part = data ? nla_find(nla_data(data), nla_len(data), type) : NULL;
	uint32_t number = 0;

	if (part && (size_t)nla_len(part) >= len)
		number = len == sizeof(uint16_t) ? nla_get_u16(part) : nla_get_u32(part);
	return number;
}

/* IFLA_LINKINFO. */
static void parse_kind(const struct nlattr *info, struct netlink_link *out)
{
	const struct nlattr *kind = nla_find(nla_data(info), nla_len(info), IFLA_INFO_KIND);
	const struct nlattr *data = nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA);

	if (!kind)
		return;
	nla_strlcpy(out->kind_name, kind, sizeof(out->kind_name));
	if (!strcmp(out->kind_name, "macvlan") || !strcmp(out->kind_name, "macvtap")) {
		out->kind = NETLINK_KIND_MACVLAN;
		out->kind_mode = kind_number(data, IFLA_MACVLAN_MODE, sizeof(uint32_t));
		out->sources = kind_number(data, IFLA_MACVLAN_MACADDR_COUNT, sizeof(uint32_t));
	} else if (!strcmp(out->kind_name, "ipvlan") || !strcmp(out->kind_name, "ipvtap")) {
		out->kind = NETLINK_KIND_IPVLAN;
		out->kind_mode = kind_number(data, IFLA_IPVLAN_MODE, sizeof(uint16_t));
	}
}

bool netlink_parse_link(struct nlmsghdr *header, struct netlink_link *out)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	const struct ifinfomsg *info = nlmsg_data(header);

	if (!netlink_attributes(header, sizeof(*info), attributes, IFLA_MAX, link_policy) ||
	    info->ifi_family != AF_UNSPEC || !attributes[IFLA_IFNAME])
		return false;
	memset(out, 0, sizeof(*out));
	out->ifindex = info->ifi_index;
	out->type = info->ifi_type;
	out->flags = info->ifi_flags;
	/* Not from IFLA_CARRIER, which a driver may leave unchanged while the link is down, and not
	 * from the operational state, which is "unknown" for many virtual links. */
	out->carrier = info->ifi_flags & IFF_LOWER_UP;
	nla_strlcpy(out->name, attributes[IFLA_IFNAME], sizeof(out->name));
	if (attributes[IFLA_ADDRESS] && nla_len(attributes[IFLA_ADDRESS]) == MAC_LEN)
		memcpy(out->mac.b, nla_data(attributes[IFLA_ADDRESS]), MAC_LEN);
	if (attributes[IFLA_MTU])
		out->mtu = nla_get_u32(attributes[IFLA_MTU]);
	parse_ipv6(attributes[IFLA_AF_SPEC], out);
	if (attributes[IFLA_MASTER])
		out->master = (int)nla_get_u32(attributes[IFLA_MASTER]);
	if (attributes[IFLA_LINKINFO])
		parse_kind(attributes[IFLA_LINKINFO], out);
	/* With IFLA_LINK_NETNSID the index is one of another network namespace. */
	if (attributes[IFLA_LINK] && !attributes[IFLA_LINK_NETNSID])
		out->lower = (int)nla_get_u32(attributes[IFLA_LINK]);
	return true;
}

bool netlink_parse_link_asks(struct nlmsghdr *header)
{
	static const struct nla_policy policy[IFLA_MAX + 1] = {
		[IFLA_EVENT] = { .type = NLA_U32 },
	};
	struct nlattr *attributes[IFLA_MAX + 1];
	uint32_t event;

	if (!netlink_attributes(header, sizeof(struct ifinfomsg), attributes, IFLA_MAX, policy) ||
	    !attributes[IFLA_EVENT])
		return false;
	event = nla_get_u32(attributes[IFLA_EVENT]);
	return event == IFLA_EVENT_NOTIFY_PEERS || event == IFLA_EVENT_BONDING_FAILOVER;
}

static const struct nla_policy address_policy[IFA_MAX + 1] = {
	[IFA_FLAGS] = { .type = NLA_U32 },
};

bool netlink_parse_address(struct nlmsghdr *header, struct netlink_address *out)
{
	struct nlattr *attributes[IFA_MAX + 1];
	const struct ifaddrmsg *info = nlmsg_data(header);
	const struct nlattr *own;

	if (!netlink_attributes(header, sizeof(*info), attributes, IFA_MAX, address_policy))
		return false;
	memset(out, 0, sizeof(*out));
	own = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (own && info->ifa_family == AF_INET && nla_len(own) == sizeof(struct in_addr))
		out->prefix.addr = ip_from_ipv4_bytes(nla_data(own));
	else if (own && info->ifa_family == AF_INET6 && nla_len(own) == sizeof(struct in6_addr))
		out->prefix.addr = ip_from_ipv6_bytes(nla_data(own));
	else
		return false;
	if (info->ifa_prefixlen > 8 * ip_bytes(&out->prefix.addr))
		return false;
	out->prefix.len = info->ifa_prefixlen;
	out->ifindex = (int)info->ifa_index;
	out->scope = info->ifa_scope;
	out->flags = attributes[IFA_FLAGS] ? nla_get_u32(attributes[IFA_FLAGS]) : info->ifa_flags;
	return true;
}
