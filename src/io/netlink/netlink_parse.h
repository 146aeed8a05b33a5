/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_parse: parse a link or an address from an rtnetlink message.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_PARSE_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_PARSE_H

#include <stdbool.h>

#include "io/netlink/netlink_link.h"

struct nlmsghdr;

/* False: not the description of a link. RTM_NEWLINK and RTM_DELLINK have other uses: with family
 * AF_BRIDGE they describe a bridge port (and RTM_DELLINK one that leaves the bridge), and without a
 * name they report wireless events. */
bool netlink_parse_link(struct nlmsghdr *header, struct netlink_link *out);
/* Does a description of a link ask for announcements: has a bond another active port, or is the
 * host connected to another switch, as after a live migration (IFLA_EVENT)? */
bool netlink_parse_link_asks(struct nlmsghdr *header);
/* False: malformed, a prefix that is too long, or neither IPv4 nor IPv6. On a point-to-point link
 * IFA_ADDRESS is the peer's address and IFA_LOCAL the link's own; elsewhere IPv6 has IFA_ADDRESS
 * only. */
bool netlink_parse_address(struct nlmsghdr *header, struct netlink_address *out);

#endif
