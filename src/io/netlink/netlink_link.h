/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_link: a link (an interface), as the kernel describes it.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_LINK_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_LINK_H

#include <stdbool.h>

#include "base/addr.h"

/* What kinds of links there are, as far as it matters here. */
enum netlink_kind {
	NETLINK_KIND_OTHER,
	NETLINK_KIND_MACVLAN, /* or macvtap */
	NETLINK_KIND_IPVLAN,  /* or ipvtap */
};

struct netlink_link {
	int ifindex;
	char name[16];
	struct mac mac;
	unsigned mtu;
	unsigned type;  /* ARPHRD_ETHER, … of linux/if_arp.h */
	unsigned flags; /* IFF_UP, IFF_NOARP, … of linux/if.h */
	bool carrier;
	/* IPv6: addr_gen_mode, as in linux/if_link.h; IN6_ADDR_GEN_MODE_NONE without IPv6. */
	uint8_t addrgen;
	bool has_ipv6;        /* the kernel has IPv6 for it: not with an MTU below 1280 */
	bool ipv6_disabled;   /* sysctl disable_ipv6 */
	bool forwards_ipv6;   /* sysctl forwarding */
	struct ip_addr token; /* for autoconfigured IPv6 addresses; without IPv6 AF_UNSPEC */
	int master;           /* ifindex of the bridge or bond it is in, else 0 */
	int lower;            /* ifindex of the link below it (of a macvlan, a VLAN), else 0 */
	enum netlink_kind kind;
	char kind_name[8];  /* of those above but OTHER */
	unsigned kind_mode; /* MACVLAN_MODE_PRIVATE, …, IPVLAN_MODE_L2, … of linux/if_link.h */
	unsigned sources;   /* of a macvlan in mode source: the MACs in its list */
};

/* An address of any link. */
struct netlink_address {
	struct ip_prefix prefix;
	int ifindex;
	unsigned scope; /* RT_SCOPE_UNIVERSE, … of linux/rtnetlink.h */
	unsigned flags; /* IFA_F_PERMANENT, … of linux/if_addr.h */
};

#endif
