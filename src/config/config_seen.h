/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_seen: finds duplicates of values that must be unique in a file.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_SEEN_H
#define CLUSTERARPD_CONFIG_CONFIG_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/config_report.h"

enum holder_role { HOLDS_CLUSTER, HOLDS_DEDICATED, HOLDS_MASKED };
struct holder {
	const struct config_node *node; /* NULL: the cluster */
	unsigned line;                  /* for messages */
	enum holder_role role;          /* for MACs only */
	bool is_explicit;               /* the MAC is set with `mac =` */
};
struct seen; /* an empty table is a NULL pointer */

/* Returns the holder of `key` (at most CONFIG_NAME_MAX bytes) if the table has one. Otherwise adds
 * a copy of `holder` and returns NULL; lack of memory is reported and returns NULL too. */
const struct holder *config_seen_add(struct seen **table, const void *key, size_t length,
				     const struct holder *holder, struct config_report *report);
void config_seen_clear(struct seen **table);

#endif
