/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink: the two sockets, what is heard on the one and looked up on the other.
 * What changes links, addresses and routes is in netlink_config.c, traffic control
 * in netlink_tc.c.
 *
 * What the kernel says is read by raw attributes, not as libnl's objects: their
 * parsers refuse a message whole for one attribute that they do not expect, and one
 * parser serves both lookups and events.
 *
 * Losing events: when the receive buffer overflows, the socket reports ENOBUFS once
 * and then drops silently until its queue has been read empty (NETLINK_S_CONGESTED).
 * Somebody who looked at everything again on ENOBUFS itself would miss what is
 * dropped meanwhile. So netlink_receive_changes() first reads what is queued, which is
 * older than the loss, before anybody is told of it.
 */
#include "io/netlink/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_private.h"

#define EVENT_BUFFER       (4 * 1024 * 1024) /* a link event takes about 4 KiB of it */
#define READS_PER_DISPATCH 16
#define READS_AFTER_LOSS   65536 /* more than the buffer holds */
#define DUMP_TRIES         20
#define MESSAGES_MAX       32768 /* bytes at a time; the kernel puts no more into a datagram */

int netlink_errno(int nle)
{
	switch (-nle) {
	case NLE_EXIST:
		return -EEXIST;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENODEV;
	case NLE_PERM:
		return -EPERM;
	case NLE_NOACCESS:
		return -EACCES;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_BUSY:
		return -EBUSY;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_INTR:
	case NLE_DUMP_INTR:
		return -EINTR;
	case NLE_BAD_SOCK:
		return -EBADF;
	case NLE_NOADDR:
		return -EADDRNOTAVAIL;
	case NLE_AF_NOSUPPORT:
		return -EAFNOSUPPORT;
	case NLE_OPNOTSUPP:
	case NLE_MSGTYPE_NOSUPPORT:
		return -EOPNOTSUPP;
	case NLE_RANGE:
		return -ERANGE;
	case NLE_INVAL:
	case NLE_MISSING_ATTR:
	case NLE_AF_MISMATCH:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* Keeps the kernel's errno, of which libnl's own codes know but a part. */
static int on_refused(struct sockaddr_nl *from, struct nlmsgerr *refusal, void *arg)
{
	struct netlink *nl = arg;

	(void)from;
	nl->refused = refusal->error;
	return NL_STOP;
}

/* --- sockets --- */

static int open_requests(struct netlink *nl, struct nl_sock **out)
{
	struct nl_sock *socket = nl_socket_alloc();
	int nle;

	if (!socket)
		return -NLE_NOMEM;
	nle = nl_connect(socket, NETLINK_ROUTE);
	if (nle < 0) {
		nl_socket_free(socket);
		return nle;
	}
	nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_refused, nl);
	*out = socket;
	return 0;
}

static int connect_listener(struct nl_sock *socket, int buffer)
{
	int nle;

	nl_socket_disable_auto_ack(socket);
	nl_socket_disable_seq_check(socket);
	nl_socket_disable_msg_peek(socket);
	nle = nl_socket_set_msg_buf_size(socket, MESSAGES_MAX);
	if (nle >= 0)
		nle = nl_connect(socket, NETLINK_ROUTE);
	if (nle >= 0)
		nle = nl_socket_set_buffer_size(socket, buffer, 0);
	if (nle < 0)
		return nle;
	/* Beyond net.core.rmem_max; without CAP_NET_ADMIN the limit stays. */
	(void)setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
			 sizeof(buffer));
	return nl_socket_set_nonblocking(socket);
}

int netlink_open_listener(int buffer, struct nl_sock **out)
{
	struct nl_sock *socket = nl_socket_alloc();
	int nle;

	if (!socket)
		return -NLE_NOMEM;
	nle = connect_listener(socket, buffer);
	if (nle < 0) {
		nl_socket_free(socket);
		return nle;
	}
	*out = socket;
	return 0;
}

static int open_events(struct nl_sock **out)
{
	int nle = netlink_open_listener(EVENT_BUFFER, out);

	if (nle < 0)
		return nle;
	return nl_socket_add_memberships(*out, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
					 RTNLGRP_IPV6_IFADDR, RTNLGRP_TC, RTNLGRP_NONE);
}

int netlink_open(netlink_handler *handler, void *arg, struct netlink **out)
{
	struct netlink *nl = calloc(1, sizeof(*nl));
	int nle;

	if (!nl)
		return -ENOMEM;
	nl->handler = handler;
	nl->arg = arg;
	nle = open_requests(nl, &nl->requests);
	if (nle >= 0)
		nle = open_events(&nl->events);
	if (nle < 0) {
		netlink_close(nl);
		return netlink_errno(nle);
	}
	*out = nl;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->events);
	nl_socket_free(nl->requests);
	free(nl);
}

int netlink_fd(const struct netlink *nl)
{
	return nl_socket_get_fd(nl->events);
}

/* --- requests --- */

/* After a failure of our own an answer may wait unread, and every later request
 * would get the answer to the one before: begin with a new socket. */
static void renew_requests(struct netlink *nl)
{
	struct nl_sock *socket;

	if (open_requests(nl, &socket) < 0)
		return;
	nl_socket_free(nl->requests);
	nl->requests = socket;
}

int netlink_result(struct netlink *nl, int nle)
{
	int refused = nl->refused;

	nl->refused = 0;
	if (nle >= 0)
		return 0;
	if (refused != 0)
		return refused;
	if (nle != -NLE_DUMP_INTR)
		renew_requests(nl);
	return netlink_errno(nle);
}

/* A dump ends by itself, any other answer with an acknowledgement in a message of its own. */
int netlink_exchange(struct netlink *nl, struct nl_msg *request, nl_recvmsg_msg_cb_t parse,
		     void *arg)
{
	bool dump = (nlmsg_hdr(request)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int nle = callbacks ? nl_send_auto(nl->requests, request) : -NLE_NOMEM;

	nlmsg_free(request);
	if (nle >= 0) {
		nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, parse, arg);
		nl_cb_err(callbacks, NL_CB_CUSTOM, on_refused, nl);
		nle = nl_recvmsgs(nl->requests, callbacks);
		if (nle >= 0 && !dump)
			nle = nl_wait_for_ack(nl->requests);
	}
	nl_cb_put(callbacks);
	return netlink_result(nl, nle);
}

void *netlink_list_add(struct netlink_list *list)
{
	void *item;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		void *items = reallocarray(list->items, room, list->size);

		if (!items) {
			list->error = -ENOMEM;
			return NULL;
		}
		list->items = items;
		list->room = room;
	}
	item = (char *)list->items + list->count * list->size;
	list->count++;
	return memset(item, 0, list->size);
}

int netlink_dump(struct netlink *nl, int type, const void *head, size_t length,
		 nl_recvmsg_msg_cb_t parse, struct netlink_list *list)
{
	int rc = -EINTR;

	for (unsigned i = 0; rc == -EINTR && i < DUMP_TRIES; i++) {
		struct nl_msg *request = nlmsg_alloc_simple(type, NLM_F_DUMP);

		if (!request)
			return -ENOMEM;
		if (nlmsg_append(request, (void *)head, length, NLMSG_ALIGNTO) < 0) {
			nlmsg_free(request);
			return -ENOMEM;
		}
		list->count = 0;
		rc = netlink_exchange(nl, request, parse, list);
	}
	return rc < 0 ? rc : list->error;
}

bool netlink_attributes(struct nlmsghdr *header, size_t length, struct nlattr **attributes, int max,
			const struct nla_policy *policy)
{
	return nlmsg_valid_hdr(header, (int)length) &&
	       nlmsg_parse(header, (int)length, attributes, max, policy) >= 0;
}

/* --- links --- */

static const struct nla_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_IFNAME] = { .type = NLA_STRING, .maxlen = IFNAMSIZ },
	[IFLA_MTU] = { .type = NLA_U32 },
	[IFLA_MASTER] = { .type = NLA_U32 },
};

/* False: not a link's description. RTM_NEWLINK and RTM_DELLINK serve for more: of
 * family AF_BRIDGE they speak of the link's place in a bridge (and RTM_DELLINK of a
 * link that leaves it), and without a name of wireless events. */
static bool link_parse(struct nlmsghdr *header, struct netlink_link *out)
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
	/* Not IFLA_CARRIER, which a driver may leave as it was while the link is down,
	 * nor the operational state, which is "unknown" for many virtual links. */
	out->carrier = info->ifi_flags & IFF_LOWER_UP;
	nla_strlcpy(out->name, attributes[IFLA_IFNAME], sizeof(out->name));
	if (attributes[IFLA_ADDRESS] && nla_len(attributes[IFLA_ADDRESS]) == MAC_LEN)
		memcpy(out->mac.b, nla_data(attributes[IFLA_ADDRESS]), MAC_LEN);
	if (attributes[IFLA_MTU])
		out->mtu = nla_get_u32(attributes[IFLA_MTU]);
	if (attributes[IFLA_MASTER])
		out->master = (int)nla_get_u32(attributes[IFLA_MASTER]);
	return true;
}

struct link_lookup {
	struct netlink_link link;
	bool found;
};

static int on_link(struct nl_msg *message, void *arg)
{
	struct link_lookup *lookup = arg;

	if (link_parse(nlmsg_hdr(message), &lookup->link))
		lookup->found = true;
	return NL_OK;
}

/* By name, or by index where name is NULL. */
static int link_lookup(struct netlink *nl, int ifindex, const char *name, struct netlink_link *out)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, 0);
	struct link_lookup lookup = { .found = false };
	int rc;

	if (!request)
		return -ENOMEM;
	if (nlmsg_append(request, &info, sizeof(info), NLMSG_ALIGNTO) < 0 ||
	    nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0 ||
	    (name && nla_put_string(request, IFLA_IFNAME, name) < 0)) {
		nlmsg_free(request);
		return -ENOMEM;
	}
	rc = netlink_exchange(nl, request, on_link, &lookup);
	if (rc < 0)
		return rc;
	if (!lookup.found)
		return -ENODEV;
	*out = lookup.link;
	return 0;
}

int netlink_link_by_name(struct netlink *nl, const char *name, struct netlink_link *out)
{
	if (name[0] == '\0' || strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	return link_lookup(nl, 0, name, out);
}

int netlink_link_by_index(struct netlink *nl, int ifindex, struct netlink_link *out)
{
	if (ifindex <= 0)
		return -ENODEV;
	return link_lookup(nl, ifindex, NULL, out);
}

/* --- addresses --- */

/* False: malformed, or neither IPv4 nor IPv6. On a link to one peer IFA_ADDRESS is
 * the peer's, IFA_LOCAL our own; elsewhere IPv6 has IFA_ADDRESS alone. */
static bool address_parse(struct nlmsghdr *header, int *ifindex, struct ip_prefix *out)
{
	struct nlattr *attributes[IFA_MAX + 1];
	const struct ifaddrmsg *info = nlmsg_data(header);
	const struct nlattr *own;

	if (!netlink_attributes(header, sizeof(*info), attributes, IFA_MAX, NULL))
		return false;
	own = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (own && info->ifa_family == AF_INET && nla_len(own) == sizeof(struct in_addr))
		out->addr = ip_from_ipv4_bytes(nla_data(own));
	else if (own && info->ifa_family == AF_INET6 && nla_len(own) == sizeof(struct in6_addr))
		out->addr = ip_from_ipv6_bytes(nla_data(own));
	else
		return false;
	out->len = info->ifa_prefixlen;
	*ifindex = (int)info->ifa_index;
	return true;
}

static int on_address(struct nl_msg *message, void *arg)
{
	struct netlink_list *list = arg;
	const int *wanted = list->arg;
	struct ip_prefix address;
	struct ip_prefix *item;
	int ifindex;

	memset(&address, 0, sizeof(address));
	if (!address_parse(nlmsg_hdr(message), &ifindex, &address) || ifindex != *wanted)
		return NL_OK;
	item = netlink_list_add(list);
	if (item)
		*item = address;
	return NL_OK;
}

int netlink_address_list(struct netlink *nl, int ifindex,
			 void (*each)(const struct ip_prefix *address, void *arg), void *arg)
{
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC, .ifa_index = (unsigned)ifindex };
	struct netlink_list list = { .size = sizeof(struct ip_prefix), .arg = &ifindex };
	int rc = netlink_dump(nl, RTM_GETADDR, &head, sizeof(head), on_address, &list);
	const struct ip_prefix *addresses = list.items;

	for (size_t i = 0; rc == 0 && i < list.count; i++)
		each(&addresses[i], arg);
	free(list.items);
	return rc;
}

/* --- events --- */

static void handle_link(struct netlink *nl, struct nlmsghdr *header)
{
	struct netlink_event event = { .change = NETLINK_LINK };

	if (!link_parse(header, &event.link))
		return;
	if (header->nlmsg_type == RTM_DELLINK)
		event.change = NETLINK_LINK_GONE;
	event.ifindex = event.link.ifindex;
	nl->handler(&event, nl->arg);
}

static void handle_address(struct netlink *nl, struct nlmsghdr *header)
{
	struct netlink_event event = { .change = NETLINK_ADDRESS };

	if (!address_parse(header, &event.ifindex, &event.address))
		return;
	if (header->nlmsg_type == RTM_DELADDR)
		event.change = NETLINK_ADDRESS_GONE;
	nl->handler(&event, nl->arg);
}

/* A filter of a block that links share has no link of its own, and is left out: the
 * kernel lets nobody reach such a block through a link. */
static void handle_tc(struct netlink *nl, struct nlmsghdr *header)
{
	struct netlink_event event = { .change = NETLINK_TC };
	const struct tcmsg *info = nlmsg_data(header);

	if (!nlmsg_valid_hdr(header, sizeof(*info)) || info->tcm_ifindex <= 0)
		return;
	event.ifindex = info->tcm_ifindex;
	nl->handler(&event, nl->arg);
}

static void handle(struct nlmsghdr *header, void *arg)
{
	struct netlink *nl = arg;

	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		handle_link(nl, header);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		handle_address(nl, header);
		break;
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
	case RTM_NEWTFILTER:
	case RTM_DELTFILTER:
		handle_tc(nl, header);
		break;
	default:
		break;
	}
}

/* Not by nl_recvmsgs(), which goes on reading for as long as messages carry NLM_F_MULTI:
 * the flags of a notification may be those of the request that caused it. */
int netlink_receive(struct nl_sock *socket, netlink_message_handler *each, void *arg)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	unsigned char *buffer = NULL;
	struct nlmsghdr *header;
	int left = nl_recv(socket, &from, &buffer, NULL);

	if (left <= 0)
		return left;
	header = (struct nlmsghdr *)(void *)buffer;
	if (from.nl_pid == 0) { /* the kernel's, no other process's */
		for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
			each(header, arg);
	}
	free(buffer);
	return 0;
}

/* Reads what is there, `most` datagrams of it, unless changes were lost: then all. */
int netlink_receive_changes(struct nl_sock *socket, unsigned most, netlink_message_handler *each,
			    void *arg, bool *lost)
{
	int nle = 0;

	*lost = false;
	for (unsigned i = 0; i < (*lost ? READS_AFTER_LOSS : most); i++) {
		nle = netlink_receive(socket, each, arg);
		if (nle == -NLE_NOMEM /* ENOBUFS */ || nle == -NLE_MSG_TRUNC)
			*lost = true;
		else if (nle < 0)
			break;
	}
	return nle == -NLE_AGAIN || nle >= 0 || *lost ? 0 : netlink_errno(nle);
}

int netlink_dispatch(struct netlink *nl)
{
	const struct netlink_event event = { .change = NETLINK_LOST };
	bool lost;
	int rc = netlink_receive_changes(nl->events, READS_PER_DISPATCH, handle, nl, &lost);

	if (lost)
		nl->handler(&event, nl->arg);
	return rc;
}
