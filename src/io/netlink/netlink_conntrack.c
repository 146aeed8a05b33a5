/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_conntrack: forwarded TCP connections from ctnetlink; see netlink_conntrack.h. */
#include "io/netlink/netlink_conntrack.h"

#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

#define TYPE(t) (NFNL_SUBSYS_CTNETLINK << 8 | (t))

struct netlink_conntrack {
	struct netlink_walk *walk;
	struct netlink_conntrack_handlers handlers;
};

/* --- answers --- */

/* nla_get_u8() and its like do not look at the length. */
static const struct nla_policy message_policy[CTA_MAX + 1] = {
	[CTA_STATUS] = { .type = NLA_U32 },
};
static const struct nla_policy proto_policy[CTA_PROTO_MAX + 1] = {
	[CTA_PROTO_NUM] = { .type = NLA_U8 },
	[CTA_PROTO_SRC_PORT] = { .type = NLA_U16 },
	[CTA_PROTO_DST_PORT] = { .type = NLA_U16 },
};
static const struct nla_policy tcp_policy[CTA_PROTOINFO_TCP_MAX + 1] = {
	[CTA_PROTOINFO_TCP_STATE] = { .type = NLA_U8 },
};

static bool read_address(struct nlattr *const *list, int ipv4, int ipv6, struct ip_addr *out)
{
	if (list[ipv4] && nla_len(list[ipv4]) == 4)
		*out = ip_from_ipv4_bytes(nla_data(list[ipv4]));
	else if (list[ipv6] && nla_len(list[ipv6]) == 16)
		*out = ip_from_ipv6_bytes(nla_data(list[ipv6]));
	else
		return false;
	return true;
}

static bool read_tuple(struct nlattr *tuple, struct flow_tuple *out)
{
	struct nlattr *parts[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1], *proto[CTA_PROTO_MAX + 1];

	if (!tuple || nla_parse_nested(parts, CTA_TUPLE_MAX, tuple, NULL) < 0 ||
	    !parts[CTA_TUPLE_IP] || !parts[CTA_TUPLE_PROTO] ||
	    nla_parse_nested(ip, CTA_IP_MAX, parts[CTA_TUPLE_IP], NULL) < 0 ||
	    nla_parse_nested(proto, CTA_PROTO_MAX, parts[CTA_TUPLE_PROTO], proto_policy) < 0)
		return false;
	if (!proto[CTA_PROTO_NUM] || nla_get_u8(proto[CTA_PROTO_NUM]) != IPPROTO_TCP ||
	    !proto[CTA_PROTO_SRC_PORT] || !proto[CTA_PROTO_DST_PORT])
		return false;
	out->client_port = ntohs(nla_get_u16(proto[CTA_PROTO_SRC_PORT]));
	out->server_port = ntohs(nla_get_u16(proto[CTA_PROTO_DST_PORT]));
	return read_address(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &out->client) &&
	       read_address(ip, CTA_IP_V4_DST, CTA_IP_V6_DST, &out->server);
}

/* What is left of closed connections stays in the table for minutes. */
static bool is_closed(struct nlattr *info)
{
	struct nlattr *protocol[CTA_PROTOINFO_MAX + 1], *tcp[CTA_PROTOINFO_TCP_MAX + 1];

	if (!info || nla_parse_nested(protocol, CTA_PROTOINFO_MAX, info, NULL) < 0 ||
	    !protocol[CTA_PROTOINFO_TCP] ||
	    nla_parse_nested(tcp, CTA_PROTOINFO_TCP_MAX, protocol[CTA_PROTOINFO_TCP], tcp_policy) <
		    0 ||
	    !tcp[CTA_PROTOINFO_TCP_STATE])
		return false;
	return nla_get_u8(tcp[CTA_PROTOINFO_TCP_STATE]) >= TCP_CONNTRACK_TIME_WAIT;
}

static void read_entry(struct netlink_conntrack *c, struct nlmsghdr *header)
{
	struct nlattr *list[CTA_MAX + 1];
	struct flow_tuple forwarded;

	if (nlmsg_parse(header, sizeof(struct nfgenmsg), list, CTA_MAX, message_policy) < 0 ||
	    !list[CTA_STATUS] || !(ntohl(nla_get_u32(list[CTA_STATUS])) & IPS_DST_NAT) ||
	    is_closed(list[CTA_PROTOINFO]) || !read_tuple(list[CTA_TUPLE_ORIG], &forwarded))
		return;
	c->handlers.each(&forwarded, c->handlers.arg);
}

static void on_message(struct nlmsghdr *header, void *arg)
{
	if (header->nlmsg_type == TYPE(IPCTNL_MSG_CT_NEW))
		read_entry(arg, header);
}

static void on_done(int error, void *arg)
{
	struct netlink_conntrack *c = arg;

	c->handlers.done(error, c->handlers.arg);
}

/* --- dumps --- */

int netlink_conntrack_open(const struct netlink_conntrack_handlers *handlers,
			   struct netlink_conntrack **out)
{
	struct netlink_conntrack *c = calloc(1, sizeof(*c));
	const struct netlink_walk_handlers own = { on_message, on_done, c };
	int rc = c ? netlink_walk_open(NETLINK_NETFILTER, &own, &c->walk) : -ENOMEM;

	if (rc) {
		free(c);
		return rc;
	}
	c->handlers = *handlers;
	*out = c;
	return 0;
}

void netlink_conntrack_close(struct netlink_conntrack *c)
{
	if (!c)
		return;
	netlink_walk_close(c->walk);
	free(c);
}

int netlink_conntrack_start(struct netlink_conntrack *c)
{
	const struct nfgenmsg head = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };

	return netlink_walk_start(c->walk, TYPE(IPCTNL_MSG_CT_GET), &head, sizeof(head));
}

int netlink_conntrack_fd(const struct netlink_conntrack *c)
{
	return netlink_walk_fd(c->walk);
}

void netlink_conntrack_dispatch(struct netlink_conntrack *c)
{
	netlink_walk_dispatch(c->walk);
}
