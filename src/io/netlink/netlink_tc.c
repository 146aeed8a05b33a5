/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_tc: traffic control on a link: the qdisc at the ingress hook and the filters of clsact's
 * two hooks.
 *
 * Everything is dumped, even the one qdisc of one link: many kernels send the answer to a plain
 * RTM_GETQDISC to all listeners, so that the daemon would also receive it as an event.
 */
#include "io/netlink/netlink_tc.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

#define KIND_SIZE sizeof(((struct netlink_tc_filter *)0)->kind)

static const struct nla_policy tc_policy[TCA_MAX + 1] = {
	[TCA_KIND] = { .type = NLA_STRING },
};

/* The fixed header and the kind, or NULL for a malformed message. */
static const struct tcmsg *tc_parse(struct nlmsghdr *header, char *kind)
{
	struct nlattr *attributes[TCA_MAX + 1];

	if (!netlink_attributes(header, sizeof(struct tcmsg), attributes, TCA_MAX, tc_policy) ||
	    !attributes[TCA_KIND])
		return NULL;
	memset(kind, 0, KIND_SIZE);
	nla_strlcpy(kind, attributes[TCA_KIND], KIND_SIZE);
	return nlmsg_data(header);
}

struct qdisc_item {
	char kind[16];
};

static int on_qdisc(struct nl_msg *message, void *arg)
{
	struct netlink_list *list = arg;
	const int *wanted = list->arg;
	char kind[KIND_SIZE];
	const struct tcmsg *info = tc_parse(nlmsg_hdr(message), kind);
	struct qdisc_item *item;

	if (!info || info->tcm_ifindex != *wanted || info->tcm_parent != TC_H_INGRESS)
		return NL_OK;
	item = netlink_list_add(list);
	if (item)
		memcpy(item->kind, kind, sizeof(item->kind));
	return NL_OK;
}

int netlink_tc_ingress_qdisc(struct netlink *nl, int ifindex, char *kind)
{
	struct tcmsg head = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex };
	struct netlink_list list = { .size = sizeof(struct qdisc_item), .arg = &ifindex };
	int rc = netlink_dump(nl, RTM_GETQDISC, &head, sizeof(head), on_qdisc, &list);
	const struct qdisc_item *found = list.items;

	memset(kind, 0, KIND_SIZE);
	if (rc == 0 && list.count > 0)
		memcpy(kind, found->kind, sizeof(found->kind));
	free(list.items);
	return rc;
}

/* The kernel compares the kind with the existing one, so that an `ingress` qdisc, which has the
 * same parent and handle, is never removed: the kernel then returns EINVAL. */
int netlink_tc_remove_clsact(struct netlink *nl, int ifindex)
{
	struct tcmsg head = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = ifindex,
		.tcm_parent = TC_H_CLSACT,
		.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
	};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_DELQDISC, 0);
	int rc;

	if (!request)
		return -ENOMEM;
	if (nlmsg_append(request, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
	    nla_put_string(request, TCA_KIND, "clsact") < 0) {
		nlmsg_free(request);
		return -ENOMEM;
	}
	rc = netlink_result(nl, nl_send_sync(nl->requests, request));
	return rc == -EINVAL ? -ENOENT : rc;
}

/* u32 dumps its hash tables like filters; the handles of those have no key part. */
static bool is_filter(const struct netlink_tc_filter *filter)
{
	if (strcmp(filter->kind, "u32") == 0)
		return (filter->handle & 0xfffff) != 0;
	return filter->handle != 0;
}

/* For each priority the kernel sends an entry without a handle and then the filters. That entry is
 * kept if no filter follows (u32 with only tables, classifiers that work without a handle), so that
 * a hook in use never looks empty. */
static int on_filter(struct nl_msg *message, void *arg)
{
	struct netlink_list *list = arg;
	struct netlink_tc_filter filter;
	const struct tcmsg *info = tc_parse(nlmsg_hdr(message), filter.kind);
	struct netlink_tc_filter *last = NULL;

	if (!info)
		return NL_OK;
	filter.priority = TC_H_MAJ(info->tcm_info) >> 16;
	filter.handle = info->tcm_handle;
	if (list->count > 0)
		last = (struct netlink_tc_filter *)list->items + list->count - 1;
	if (filter.handle != 0 && !is_filter(&filter))
		return NL_OK;
	if (!last || last->handle != 0 || last->priority != filter.priority)
		last = netlink_list_add(list);
	if (last)
		*last = filter;
	return NL_OK;
}

/* Collect the filters of a hook. The kind of the qdisc is checked first, because an `ingress` qdisc
 * would answer for both hooks of clsact. */
static int gather(struct netlink *nl, int ifindex, enum netlink_tc_hook hook,
		  struct netlink_list *list)
{
	uint32_t minor = hook == NETLINK_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS;
	struct tcmsg head = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = ifindex,
		.tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor),
	};
	char kind[KIND_SIZE];
	int rc = netlink_tc_ingress_qdisc(nl, ifindex, kind);

	if (rc < 0 || strcmp(kind, "clsact") != 0)
		return rc;
	return netlink_dump(nl, RTM_GETTFILTER, &head, sizeof(head), on_filter, list);
}

int netlink_tc_list(struct netlink *nl, int ifindex, enum netlink_tc_hook hook,
		    void (*each)(const struct netlink_tc_filter *filter, void *arg), void *arg)
{
	struct netlink_list list = { .size = sizeof(struct netlink_tc_filter) };
	int rc = gather(nl, ifindex, hook, &list);
	const struct netlink_tc_filter *filters = list.items;

	for (size_t i = 0; rc == 0 && i < list.count; i++)
		each(&filters[i], arg);
	free(list.items);
	return rc;
}
