/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_neigh: the neighbour table of one link; see netlink_neigh.h.
 *
 * The receive buffer for changes has an ordinary size. A flush of a large table would overrun a
 * buffer of any size, because the kernel writes faster than a program reads; and a loss costs only
 * one dump.
 */
#include "io/netlink/netlink_neigh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/route/neighbour.h>
#include <netlink/socket.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

#define CHANGES_BUFFER     131072 /* about 300 changes */
#define READS_PER_DISPATCH 64
#define READS_AT_END       1024 /* more than the buffer holds */

struct netlink_neigh {
	int ifindex;
	struct nl_sock *changes;
	struct nl_sock *dump;
	uint32_t sequence; /* of the dump under way */
	bool is_dumping;
	struct netlink_neigh_handler handler;
};

/* Pass only changes of this link and of IPv4 or IPv6, so that other changes in the network
 * namespace, such as those of a bridge's forwarding table, do not even wake the daemon. */
static int attach_filter(struct nl_sock *socket, int ifindex)
{
	const uint32_t ifindex_at = NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_ifindex);
	const uint32_t family_at = NLMSG_HDRLEN + offsetof(struct ndmsg, ndm_family);
	struct sock_filter program[] = {
		/* BPF loads a word as big-endian, but the field is in host byte order. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ifindex_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl((uint32_t)ifindex), 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, family_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return netlink_socket_filter(socket, program, sizeof(program) / sizeof(program[0]));
}

static int open_sockets(struct netlink_neigh *neigh)
{
	int nle = netlink_socket_listen(NETLINK_ROUTE, CHANGES_BUFFER, &neigh->changes);

	if (nle >= 0)
		nle = attach_filter(neigh->changes, neigh->ifindex);
	if (nle >= 0)
		nle = nl_socket_add_memberships(neigh->changes, RTNLGRP_NEIGH, RTNLGRP_NONE);
	if (nle >= 0)
		nle = netlink_socket_listen(NETLINK_ROUTE, CHANGES_BUFFER, &neigh->dump);
	return nle;
}

int netlink_neigh_open(int ifindex, const struct netlink_neigh_handler *handler,
		       struct netlink_neigh **out)
{
	struct netlink_neigh *neigh = calloc(1, sizeof(*neigh));
	int nle;

	if (!neigh)
		return -ENOMEM;
	neigh->ifindex = ifindex;
	neigh->handler = *handler;
	nle = open_sockets(neigh);
	if (nle < 0) {
		netlink_neigh_close(neigh);
		return netlink_errno(nle);
	}
	*out = neigh;
	return 0;
}

void netlink_neigh_close(struct netlink_neigh *neigh)
{
	if (!neigh)
		return;
	nl_socket_free(neigh->changes);
	nl_socket_free(neigh->dump);
	free(neigh);
}

int netlink_neigh_changes_fd(const struct netlink_neigh *neigh)
{
	return nl_socket_get_fd(neigh->changes);
}

int netlink_neigh_dump_fd(const struct netlink_neigh *neigh)
{
	return nl_socket_get_fd(neigh->dump);
}

static bool parse_address(const struct ndmsg *info, const struct nlattr *dst, struct ip_addr *out)
{
	if (dst && info->ndm_family == AF_INET && nla_len(dst) == sizeof(struct in_addr))
		*out = ip_from_ipv4_bytes(nla_data(dst));
	else if (dst && info->ndm_family == AF_INET6 && nla_len(dst) == sizeof(struct in6_addr))
		*out = ip_from_ipv6_bytes(nla_data(dst));
	else
		return false;
	return true;
}

/* False: not an entry of this link's table, or malformed. Proxy entries are in another table. */
static bool parse(const struct netlink_neigh *neigh, struct nlmsghdr *header,
		  struct mirror_entry *out)
{
	struct nlattr *attributes[NDA_MAX + 1];
	const struct ndmsg *info = nlmsg_data(header);
	const struct nlattr *lladdr;

	memset(out, 0, sizeof(*out));
	if (!netlink_attributes(header, sizeof(*info), attributes, NDA_MAX, NULL) ||
	    info->ndm_ifindex != neigh->ifindex || (info->ndm_flags & NTF_PROXY) ||
	    !parse_address(info, attributes[NDA_DST], &out->dst))
		return false;
	out->state = info->ndm_state;
	out->flags = info->ndm_flags;
	lladdr = attributes[NDA_LLADDR];
	out->has_lladdr = lladdr && nla_len(lladdr) == MAC_LEN;
	if (out->has_lladdr)
		memcpy(out->lladdr.b, nla_data(lladdr), MAC_LEN);
	return true;
}

static void on_change(struct nlmsghdr *header, void *arg)
{
	struct netlink_neigh *neigh = arg;
	struct mirror_entry entry;

	if (header->nlmsg_type != RTM_NEWNEIGH && header->nlmsg_type != RTM_DELNEIGH)
		return;
	if (!parse(neigh, header, &entry))
		return;
	if (header->nlmsg_type == RTM_NEWNEIGH)
		neigh->handler.changed(&entry, neigh->handler.arg);
	else
		neigh->handler.gone(&entry.dst, neigh->handler.arg);
}

static int read_changes(struct netlink_neigh *neigh, unsigned most)
{
	bool lost;
	int rc = netlink_socket_receive_changes(neigh->changes, most, on_change, neigh, &lost);

	if (lost)
		neigh->handler.lost(neigh->handler.arg);
	return rc;
}

int netlink_neigh_dispatch_changes(struct netlink_neigh *neigh)
{
	return read_changes(neigh, READS_PER_DISPATCH);
}

/* Changes made during a dump show whether it can be trusted, so process all of them first. */
static void end_dump(struct netlink_neigh *neigh, int error)
{
	if (!neigh->is_dumping)
		return;
	read_changes(neigh, READS_AT_END);
	neigh->is_dumping = false;
	neigh->handler.dump_ended(error, neigh->handler.arg);
}

/* Both NLMSG_DONE and NLMSG_ERROR begin with 0 or a negative errno value. */
static int result_of(struct nlmsghdr *header)
{
	int error = 0;

	if (nlmsg_datalen(header) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(header), sizeof(error));
	return error;
}

static void on_dumped(struct nlmsghdr *header, void *arg)
{
	struct netlink_neigh *neigh = arg;
	struct mirror_entry entry;

	if (!neigh->is_dumping || header->nlmsg_seq != neigh->sequence)
		return;
	if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
		end_dump(neigh, result_of(header));
	else if (header->nlmsg_type == RTM_NEWNEIGH && parse(neigh, header, &entry))
		neigh->handler.dumped(&entry, neigh->handler.arg);
}

/* Read one part; the kernel prepares the next one for the next call. */
int netlink_neigh_dispatch_dump(struct netlink_neigh *neigh)
{
	int nle = netlink_socket_receive(neigh->dump, on_dumped, neigh);

	if (nle >= 0 || nle == -NLE_AGAIN)
		return 0;
	end_dump(neigh, netlink_errno(nle));
	return netlink_errno(nle);
}

int netlink_neigh_dump(struct netlink_neigh *neigh)
{
	const struct ndmsg head = { .ndm_family = AF_UNSPEC };
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETNEIGH, NLM_F_DUMP);
	int nle = -NLE_NOMEM;

	/* First, so that changes older than the dump do not take precedence over it. */
	read_changes(neigh, READS_AT_END);
	if (request && nlmsg_append(request, (void *)&head, sizeof(head), NLMSG_ALIGNTO) >= 0 &&
	    nla_put_u32(request, NDA_IFINDEX, (uint32_t)neigh->ifindex) >= 0)
		nle = nl_send_auto(neigh->dump, request);
	if (nle >= 0) {
		neigh->sequence = nlmsg_hdr(request)->nlmsg_seq;
		neigh->is_dumping = true;
	}
	nlmsg_free(request);
	return nle >= 0 ? 0 : netlink_errno(nle);
}

static struct rtnl_neigh *to_rtnl(int ifindex, const struct mirror_entry *entry)
{
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();
	struct nl_addr *dst = nl_addr_build(entry->dst.family, entry->dst.b, ip_bytes(&entry->dst));
	struct nl_addr *lladdr = nl_addr_build(AF_LLC, entry->lladdr.b, MAC_LEN);
	bool complete = neigh && dst && lladdr && !rtnl_neigh_set_dst(neigh, dst);

	if (complete) {
		rtnl_neigh_set_ifindex(neigh, ifindex);
		rtnl_neigh_set_lladdr(neigh, lladdr);
		rtnl_neigh_set_state(neigh, entry->state);
		rtnl_neigh_set_flags(neigh, entry->flags);
	}
	nl_addr_put(dst);
	nl_addr_put(lladdr);
	if (complete)
		return neigh;
	rtnl_neigh_put(neigh);
	return NULL;
}

int netlink_neigh_set(struct netlink *nl, int ifindex, const struct mirror_entry *entry)
{
	struct rtnl_neigh *neigh = to_rtnl(ifindex, entry);
	int nle = -NLE_NOMEM;

	if (neigh)
		nle = rtnl_neigh_add(nl->requests, neigh, NLM_F_CREATE | NLM_F_REPLACE);
	rtnl_neigh_put(neigh);
	return netlink_result(nl, nle);
}

int netlink_neigh_remove(struct netlink *nl, int ifindex, const struct mirror_entry *entry)
{
	struct rtnl_neigh *neigh = to_rtnl(ifindex, entry);
	int nle = -NLE_NOMEM;

	if (neigh)
		nle = rtnl_neigh_delete(nl->requests, neigh, 0);
	rtnl_neigh_put(neigh);
	return netlink_result(nl, nle);
}
