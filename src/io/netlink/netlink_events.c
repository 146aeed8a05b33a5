/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_events: notifications from rtnetlink; see netlink_events.h. */
#include "io/netlink/netlink_events.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stdlib.h>

#include "io/netlink/netlink_parse.h"
#include "io/netlink/netlink_socket.h"

#define EVENT_BUFFER       (4 * 1024 * 1024) /* a link event takes about 4 KiB of it */
#define READS_PER_DISPATCH 16

struct netlink_events {
	struct nl_sock *socket;
	netlink_events_handler *handler;
	void *arg;
};

static int subscribe(struct nl_sock **out)
{
	int nle = netlink_socket_listen(NETLINK_ROUTE, EVENT_BUFFER, out);

	if (nle < 0)
		return nle;
	return nl_socket_add_memberships(*out, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
					 RTNLGRP_IPV6_IFADDR, RTNLGRP_TC, RTNLGRP_NONE);
}

int netlink_events_open(netlink_events_handler *handler, void *arg, struct netlink_events **out)
{
	struct netlink_events *events = calloc(1, sizeof(*events));
	int nle;

	if (!events)
		return -ENOMEM;
	events->handler = handler;
	events->arg = arg;
	nle = subscribe(&events->socket);
	if (nle < 0) {
		netlink_events_close(events);
		return netlink_errno(nle);
	}
	*out = events;
	return 0;
}

void netlink_events_close(struct netlink_events *events)
{
	if (!events)
		return;
	nl_socket_free(events->socket);
	free(events);
}

int netlink_events_fd(const struct netlink_events *events)
{
	return nl_socket_get_fd(events->socket);
}

static void handle_link(struct netlink_events *events, struct nlmsghdr *header)
{
	struct netlink_event event = { .change = NETLINK_LINK };

	if (!netlink_parse_link(header, &event.link))
		return;
	event.asks_to_announce = netlink_parse_link_asks(header);
	if (header->nlmsg_type == RTM_DELLINK)
		event.change = NETLINK_LINK_GONE;
	event.ifindex = event.link.ifindex;
	events->handler(&event, events->arg);
}

static void handle_address(struct netlink_events *events, struct nlmsghdr *header)
{
	struct netlink_event event = { .change = NETLINK_ADDRESS };
	struct netlink_address address;

	if (!netlink_parse_address(header, &address))
		return;
	event.ifindex = address.ifindex;
	event.address = address.prefix;
	if (header->nlmsg_type == RTM_DELADDR)
		event.change = NETLINK_ADDRESS_GONE;
	events->handler(&event, events->arg);
}

/* A filter of a shared block (tc(8)) has no interface index and is ignored: the kernel does not
 * allow access to such a block through an interface. */
static void handle_tc(struct netlink_events *events, struct nlmsghdr *header)
{
	struct netlink_event event = { .change = NETLINK_TC };
	const struct tcmsg *info = nlmsg_data(header);

	if (!nlmsg_valid_hdr(header, sizeof(*info)) || info->tcm_ifindex <= 0)
		return;
	event.ifindex = info->tcm_ifindex;
	events->handler(&event, events->arg);
}

static void handle(struct nlmsghdr *header, void *arg)
{
	struct netlink_events *events = arg;

	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		handle_link(events, header);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		handle_address(events, header);
		break;
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
	case RTM_NEWTFILTER:
	case RTM_DELTFILTER:
		handle_tc(events, header);
		break;
	default:
		break;
	}
}

int netlink_events_dispatch(struct netlink_events *events)
{
	const struct netlink_event event = { .change = NETLINK_LOST };
	bool lost;
	int rc = netlink_socket_receive_changes(events->socket, READS_PER_DISPATCH, handle, events,
						&lost);

	if (lost)
		events->handler(&event, events->arg);
	return rc;
}
