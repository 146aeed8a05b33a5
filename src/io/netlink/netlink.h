/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink: look up links and addresses over rtnetlink, with libnl-3. netlink_config.h changes them,
 * netlink_events.h reports their changes.
 *
 * Functions of the netlink modules that return int give 0 (or a count) or a negative errno value;
 * none of them logs. Requests are synchronous on one socket; changes are reported on another, so
 * that neither disturbs the other (SPEC 10). No sysctl is written (SPEC 5).
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_H

#include <stddef.h>

#include "base/addr.h"
#include "io/netlink/netlink_link.h"

struct netlink;

/* Open the socket for requests. Sets *out; negative errno on failure. */
int netlink_open(struct netlink **out);
void netlink_close(struct netlink *nl);

/* `name`: the link's name or one of its altnames. -ENODEV: no such link. */
int netlink_link_by_name(struct netlink *nl, const char *name, struct netlink_link *out);
int netlink_link_by_index(struct netlink *nl, int ifindex, struct netlink_link *out);

/* Calls each(address, arg) for every address of the link, of either family. */
int netlink_address_list(struct netlink *nl, int ifindex,
			 void (*each)(const struct ip_prefix *address, void *arg), void *arg);

/* All links of the network namespace: *list, to be freed, even after a failure, and *count. */
int netlink_links(struct netlink *nl, struct netlink_link **list, size_t *count);

/* The addresses of the link `ifindex`, or of all links where that is 0, in the kernel's order:
 * *list, to be freed, even after a failure, and *count. */
int netlink_addresses(struct netlink *nl, int ifindex, struct netlink_address **list,
		      size_t *count);

#endif
