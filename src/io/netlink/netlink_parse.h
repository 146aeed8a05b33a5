/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_parse: what a message of rtnetlink says of a link or an address.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_PARSE_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_PARSE_H

#include <stdbool.h>

#include "io/netlink/netlink_link.h"

struct nlmsghdr;

/* False: not a link's description. RTM_NEWLINK and RTM_DELLINK serve for more: of
 * family AF_BRIDGE they speak of the link's place in a bridge (and RTM_DELLINK of a
 * link that leaves it), and without a name of wireless events. */
bool netlink_parse_link(struct nlmsghdr *header, struct netlink_link *out);
/* False: malformed, or neither IPv4 nor IPv6. On a link to one peer IFA_ADDRESS is
 * the peer's, IFA_LOCAL our own; elsewhere IPv6 has IFA_ADDRESS alone. */
bool netlink_parse_address(struct nlmsghdr *header, int *ifindex, struct ip_prefix *out);

#endif
