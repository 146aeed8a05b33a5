/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_macs: the MAC addresses of a configuration (SPEC 3).
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_MACS_H
#define CLUSTERARPD_CONFIG_CONFIG_MACS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config_draft.h"

/* Resolve every MAC. Reports MACs that cannot be resolved, and duplicates. */
void config_macs_resolve(struct draft *d);
/* False after a report at `line`, which begins with `what`: `ip` is an IPv6 address whose interface
 * identifier is that of the cluster MAC, or of the dedicated MAC of a node other than `holder`
 * (NULL: any node). Needs resolved MACs. */
bool config_macs_check_maker(struct draft *d, const char *what, const struct ip_addr *ip,
			     const struct config_node *holder, unsigned line);
/* True if node i has a group MAC, as far as is known. Needs no resolved MACs. */
bool config_has_group_mac(const struct draft *d, size_t i);
/* The first node with a group MAC, or NULL. */
const struct config_node *config_find_group_mac(const struct draft *d);

#endif
