/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_routes: RTM_DELROUTE, and RTM_NEWROUTE of the kernel; see netlink_routes.h. */
#include "io/netlink/netlink_routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

#define BUFFER             131072 /* some hundred deleted routes */
#define READS_PER_DISPATCH 64

struct netlink_routes {
	struct nl_sock *socket;
	netlink_routes_handler *handler;
	void *arg;
};

/* Pass only messages about deleted routes, and about those that the kernel has made. */
static int attach_filter(struct nl_sock *socket)
{
	struct sock_filter program[] = {
		/* BPF loads a half-word as big-endian, but the field is in host byte order. */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTPROT_KERNEL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return netlink_socket_filter(socket, program, sizeof(program) / sizeof(program[0]));
}

static int subscribe(struct netlink_routes *routes)
{
	int nle = netlink_socket_listen(NETLINK_ROUTE, BUFFER, &routes->socket);

	if (nle >= 0)
		nle = attach_filter(routes->socket);
	if (nle >= 0)
		nle = nl_socket_add_memberships(routes->socket, RTNLGRP_IPV4_ROUTE,
						RTNLGRP_IPV6_ROUTE, RTNLGRP_NONE);
	return nle;
}

int netlink_routes_open(netlink_routes_handler *handler, void *arg, struct netlink_routes **out)
{
	struct netlink_routes *routes = calloc(1, sizeof(*routes));
	int nle;

	if (!routes)
		return -ENOMEM;
	routes->handler = handler;
	routes->arg = arg;
	nle = subscribe(routes);
	if (nle < 0) {
		netlink_routes_close(routes);
		return netlink_errno(nle);
	}
	*out = routes;
	return 0;
}

void netlink_routes_close(struct netlink_routes *routes)
{
	if (!routes)
		return;
	nl_socket_free(routes->socket);
	free(routes);
}

int netlink_routes_fd(const struct netlink_routes *routes)
{
	return nl_socket_get_fd(routes->socket);
}

static const struct nla_policy route_policy[RTA_MAX + 1] = {
	[RTA_OIF] = { .type = NLA_U32 },
};

static void handle(struct nlmsghdr *header, void *arg)
{
	struct netlink_routes *routes = arg;
	struct nlattr *attributes[RTA_MAX + 1];

	if ((header->nlmsg_type == RTM_DELROUTE || header->nlmsg_type == RTM_NEWROUTE) &&
	    netlink_attributes(header, sizeof(struct rtmsg), attributes, RTA_MAX, route_policy) &&
	    attributes[RTA_OIF])
		routes->handler((int)nla_get_u32(attributes[RTA_OIF]), routes->arg);
}

int netlink_routes_dispatch(struct netlink_routes *routes)
{
	bool lost;
	int rc = netlink_socket_receive_changes(routes->socket, READS_PER_DISPATCH, handle, routes,
						&lost);

	if (lost)
		routes->handler(0, routes->arg);
	return rc;
}
