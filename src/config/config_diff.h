/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_diff: describes, as text, what another configuration would change for a running node.
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
	struct config_lines needs_restart; /* the changes that a reload cannot apply */
};

/* Compare two configurations as seen by node `self`. *out must be zeroed. Returns 0, or -ENOMEM:
 * *out is incomplete. Call config_diff_clear() afterwards in both cases. */
int config_diff(const struct config *from, const struct config *to, const char *self,
		struct config_diff *out);
void config_diff_clear(struct config_diff *diff);

#endif
