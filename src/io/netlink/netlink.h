/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink: links, addresses, routes and traffic-control listings over rtnetlink,
 * by libnl-3 and libnl-route-3. No sysctl is written (SPEC 5).
 *
 * Functions that return int give 0 (or a count) or a negative errno value; none
 * of them logs. Requests are synchronous on one socket; changes are heard on
 * another, so that neither disturbs the other (SPEC 10).
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct netlink;

struct netlink_link {
	int ifindex;
	char name[16];
	struct mac mac;
	unsigned mtu;
	unsigned type;  /* ARPHRD_ETHER, … of linux/if_arp.h */
	unsigned flags; /* IFF_UP, IFF_NOARP, … of linux/if.h */
	bool carrier;
	int master; /* ifindex of the bridge or bond it is in, else 0 */
};

enum netlink_change {
	NETLINK_LINK, /* a link is new or changed */
	NETLINK_LINK_GONE,
	NETLINK_ADDRESS, /* an address is new or changed; `address` is set */
	NETLINK_ADDRESS_GONE,
	NETLINK_TC,   /* a qdisc or filter of this link came, changed or went */
	NETLINK_LOST, /* notifications were lost: look at everything again */
};

struct netlink_event {
	enum netlink_change change;
	int ifindex;              /* 0 with NETLINK_LOST */
	struct netlink_link link; /* NETLINK_LINK and NETLINK_LINK_GONE */
	struct ip_prefix address; /* NETLINK_ADDRESS and NETLINK_ADDRESS_GONE */
};

typedef void netlink_handler(const struct netlink_event *event, void *arg);

/* Opens both sockets and subscribes. `handler` is called from netlink_dispatch()
 * alone. Sets *out; negative errno on failure. */
int netlink_open(netlink_handler *handler, void *arg, struct netlink **out);
void netlink_close(struct netlink *nl);

/* The descriptor to watch for reading, and what to call then: reads a bounded
 * number of notifications without blocking (an event loop calls again when more
 * wait). A lost message is reported as NETLINK_LOST, never as an error. */
int netlink_fd(const struct netlink *nl);
int netlink_dispatch(struct netlink *nl);

/* -ENODEV: no such link. */
int netlink_link_by_name(struct netlink *nl, const char *name, struct netlink_link *out);
int netlink_link_by_index(struct netlink *nl, int ifindex, struct netlink_link *out);

int netlink_link_set_up(struct netlink *nl, int ifindex, bool up);
int netlink_link_set_mtu(struct netlink *nl, int ifindex, unsigned mtu);
int netlink_link_set_mac(struct netlink *nl, int ifindex, const struct mac *mac);
/* addr_gen_mode none: the kernel makes no IPv6 link-local address here (I9). */
int netlink_link_set_no_addrgen(struct netlink *nl, int ifindex);

/* Add an address as SPEC 6 has it: a dedicated one with its prefix, scope global,
 * broadcast address set; a cluster one (`cluster`): IPv4 as /32 scope host, IPv6
 * as /128 nodad, preferred lifetime 0. An IPv6 dedicated address: nodad too.
 * -EEXIST: it is there already. */
int netlink_address_add(struct netlink *nl, int ifindex, const struct ip_prefix *address,
			bool cluster);
/* Remove an address, as netlink_address_list() gives it. */
int netlink_address_remove(struct netlink *nl, int ifindex, const struct ip_prefix *address);
/* Calls each(address, arg) for every address of the link, of either family. */
int netlink_address_list(struct netlink *nl, int ifindex,
			 void (*each)(const struct ip_prefix *address, void *arg), void *arg);

/* The network of `prefix` on link, scope link, preferred source `source`. */
int netlink_route_add_onlink(struct netlink *nl, int ifindex, const struct ip_prefix *prefix,
			     const struct ip_addr *source);
/* Default route through `gateway`; `source`: preferred source, or NULL. -EEXIST:
 * there is one already. */
int netlink_route_add_default(struct netlink *nl, int ifindex, const struct ip_addr *gateway,
			      const struct ip_addr *source);

enum netlink_tc_hook { NETLINK_TC_INGRESS, NETLINK_TC_EGRESS };

/* The kind of the qdisc at the ingress hook ("clsact", "ingress"), or "" for none,
 * into `kind` (16 bytes). */
int netlink_tc_ingress_qdisc(struct netlink *nl, int ifindex, char *kind);
/* Remove the clsact qdisc of a link. -ENOENT: it has none (an `ingress` one stays). */
int netlink_tc_remove_clsact(struct netlink *nl, int ifindex);

struct netlink_tc_filter {
	char kind[16];     /* "bpf", "u32", … */
	unsigned priority; /* 1 is asked first */
	uint32_t handle;
};

/* Calls each(filter, arg) for every filter of a clsact hook of the link. */
int netlink_tc_list(struct netlink *nl, int ifindex, enum netlink_tc_hook hook,
		    void (*each)(const struct netlink_tc_filter *filter, void *arg), void *arg);

#endif
