/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_diff: what another configuration would change for a node that runs, in words.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_DIFF_H
#define CLUSTERARPD_CONFIG_CONFIG_DIFF_H

#include "config/config.h"

struct config_lines {
	char **list; /* each from malloc() */
	size_t count;
};

struct config_diff {
	struct config_lines changes;       /* "node gamma: new", "arp: broadcast to directed" */
	struct config_lines needs_restart; /* those of the changes that a reload cannot make */
};

/* Compare, as node `self` sees them. 0, or -ENOMEM: *out is not complete. In any case
 * config_diff_clear() after. */
int config_diff(const struct config *from, const struct config *to, const char *self,
		struct config_diff *out);
void config_diff_clear(struct config_diff *diff);

#endif
