/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_tc: list the qdisc at a link's ingress hook, and the filters of its hooks.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_TC_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_TC_H

#include "io/netlink/netlink.h"

enum netlink_tc_hook { NETLINK_TC_INGRESS, NETLINK_TC_EGRESS };

/* Write the kind of the qdisc at the ingress hook ("clsact", "ingress"), or "" for none, into
 * `kind` (16 bytes). */
int netlink_tc_ingress_qdisc(struct netlink *nl, int ifindex, char *kind);
/* Remove the clsact qdisc of a link. -ENOENT: it has none (an `ingress` one stays). */
int netlink_tc_remove_clsact(struct netlink *nl, int ifindex);

struct netlink_tc_filter {
	char kind[16];     /* "bpf", "u32", … */
	unsigned priority; /* 1 runs first */
	uint32_t handle;
};

/* Calls each(filter, arg) for every filter of a clsact hook of the link. */
int netlink_tc_list(struct netlink *nl, int ifindex, enum netlink_tc_hook hook,
		    void (*each)(const struct netlink_tc_filter *filter, void *arg), void *arg);

#endif
