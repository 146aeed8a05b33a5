/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink: requests about links and addresses; see netlink.h. */
#include "io/netlink/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_parse.h"
#include "io/netlink/netlink_socket.h"

int netlink_open(struct netlink **out)
{
	struct netlink *nl = calloc(1, sizeof(*nl));
	int rc;

	if (!nl)
		return -ENOMEM;
	rc = netlink_socket_open(nl, NETLINK_ROUTE);
	if (rc) {
		free(nl);
		return rc;
	}
	*out = nl;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	netlink_socket_close(nl);
	free(nl);
}

/* --- links --- */

struct link_lookup {
	struct netlink_link link;
	bool found;
};

static int on_link(struct nl_msg *message, void *arg)
{
	struct link_lookup *lookup = arg;

	if (netlink_parse_link(nlmsg_hdr(message), &lookup->link))
		lookup->found = true;
	return NL_OK;
}

/* The kernel looks in names and altnames for either; IFLA_IFNAME is known to every kernel, but has
 * at most 15 characters. */
static int name_attribute(const char *name)
{
	return strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME;
}

/* Look up a link by name, or by index if name is NULL. */
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
	    (name && nla_put_string(request, name_attribute(name), name) < 0)) {
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
	if (name[0] == '\0' || strlen(name) >= ALTIFNAMSIZ)
		return -ENODEV;
	return link_lookup(nl, 0, name, out);
}

int netlink_link_by_index(struct netlink *nl, int ifindex, struct netlink_link *out)
{
	if (ifindex <= 0)
		return -ENODEV;
	return link_lookup(nl, ifindex, NULL, out);
}

static int on_each_link(struct nl_msg *message, void *arg)
{
	struct netlink_list *list = arg;
	struct netlink_link link, *item;

	if (!netlink_parse_link(nlmsg_hdr(message), &link))
		return NL_OK;
	item = netlink_list_add(list);
	if (item)
		*item = link;
	return NL_OK;
}

int netlink_links(struct netlink *nl, struct netlink_link **out, size_t *count)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct netlink_list list = { .size = sizeof(struct netlink_link) };
	int rc = netlink_dump(nl, RTM_GETLINK, &head, sizeof(head), on_each_link, &list);

	*out = list.items;
	*count = list.count;
	return rc;
}

/* --- addresses --- */

static int on_address(struct nl_msg *message, void *arg)
{
	struct netlink_list *list = arg;
	const int *wanted = list->arg;
	struct netlink_address address, *item;

	if (!netlink_parse_address(nlmsg_hdr(message), &address) ||
	    (*wanted && address.ifindex != *wanted))
		return NL_OK;
	item = netlink_list_add(list);
	if (item)
		*item = address;
	return NL_OK;
}

int netlink_addresses(struct netlink *nl, int ifindex, struct netlink_address **out, size_t *count)
{
	struct ifaddrmsg head = { .ifa_family = AF_UNSPEC, .ifa_index = (unsigned)ifindex };
	struct netlink_list list = { .size = sizeof(struct netlink_address), .arg = &ifindex };
	int rc = netlink_dump(nl, RTM_GETADDR, &head, sizeof(head), on_address, &list);

	*out = list.items;
	*count = list.count;
	return rc;
}

int netlink_address_list(struct netlink *nl, int ifindex,
			 void (*each)(const struct ip_prefix *address, void *arg), void *arg)
{
	struct netlink_address *list;
	size_t count;
	int rc = netlink_addresses(nl, ifindex, &list, &count);

	for (size_t i = 0; rc == 0 && i < count; i++)
		each(&list[i].prefix, arg);
	free(list);
	return rc;
}
