/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_seen: a table of values that must be unique in a file (names, addresses, MACs), with the
 * holder of each.
 */
#include "config/config_seen.h"

#include <stdlib.h>
#include <string.h>

/* By default uthash exits if it cannot allocate its table. Mark the entry instead. */
#define HASH_NONFATAL_OOM        1
#define uthash_nonfatal_oom(elt) ((elt)->is_lost = true)
#include <uthash.h>

#define KEY_MAX (CONFIG_NAME_MAX + 1)

struct seen {
	UT_hash_handle hh;
	char key[KEY_MAX];
	struct holder holder;
	bool is_lost;
};

const struct holder *config_seen_add(struct seen **table, const void *key, size_t length,
				     const struct holder *holder, struct config_report *report)
{
	struct seen *found, *added;

	HASH_FIND(hh, *table, key, length, found);
	if (found)
		return &found->holder;
	added = calloc(1, sizeof(*added));
	if (added) {
		added->holder = *holder;
		memcpy(added->key, key, length);
		HASH_ADD(hh, *table, key, length, added);
	}
	if (!added || added->is_lost) {
		free(added);
		config_report_out_of_memory(report);
	}
	return NULL;
}

void config_seen_clear(struct seen **table)
{
	struct seen *entry, *next;

	HASH_ITER (hh, *table, entry, next) {
		HASH_DEL(*table, entry);
		free(entry);
	}
}
