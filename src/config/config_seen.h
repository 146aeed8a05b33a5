/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_seen: who holds what may be in a file only once.
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
	unsigned line;                  /* to name in a message */
	enum holder_role role;          /* of a MAC */
	bool is_explicit;               /* a MAC that `mac =` gives */
};
struct seen; /* an empty table is a NULL pointer */
/* Who holds `key` (at most CONFIG_NAME_MAX bytes) already; or NULL, and then it is
 * `holder` from now on. */
const struct holder *config_seen_add(struct seen **table, const void *key, size_t length,
				     const struct holder *holder, struct config_report *report);
void config_seen_clear(struct seen **table);

#endif
