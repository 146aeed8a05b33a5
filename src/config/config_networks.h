/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_networks: the networks of a configuration: which addresses a node reaches without a
 * router, and whether the nodes reach each other.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_NETWORKS_H
#define CLUSTERARPD_CONFIG_CONFIG_NETWORKS_H

#include "config/config_draft.h"

/* "the network address, …", "the broadcast address …" or "the subnet-router anycast address …" if
 * `p` is that of its network; else NULL. */
const char *config_networks_edge(const struct ip_prefix *p);

/* The first prefix of the list that contains `ip`, or NULL. */
const struct ip_prefix *config_networks_find(const struct config_addresses *a,
					     const struct ip_addr *ip);

/* True if `node` has a route to `ip` without a router: by a dedicated prefix, or by the on-link
 * route of a cluster address outside all of them (SPEC 6). */
bool config_networks_reach(const struct config *c, const struct config_node *node,
			   const struct ip_addr *ip);

/* Report nodes that do not share a network with each other, or have different prefix lengths for
 * one, or have no address of a family that the cluster has. */
void config_networks_check(struct draft *d);

#endif
