/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mirror: a mirror of the kernel's neighbour table for one link, fed from netlink (SPEC 8).
 *
 * Changes are applied as they are received. After a loss of notifications, and to learn of states
 * that the kernel does not announce (INCOMPLETE, DELAY), the table is resynced: each entry of a
 * dump is passed to mirror_dumped(), and entries that were not in the dump are removed at its end.
 *
 * Changes are also received, and applied at once, while a dump is in progress. A change received
 * since mirror_resync_begin() takes precedence over the dump's entry for the same address. Either
 * the dump read the entry before the change, and is older; or it read it after the change, and then
 * the notification of any later difference is still to come.
 */
#ifndef CLUSTERARPD_CORE_MIRROR_H
#define CLUSTERARPD_CORE_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct mirror;

/* An entry, in the kernel's terms (linux/neighbour.h). */
struct mirror_entry {
	struct ip_addr dst;
	struct mac lladdr; /* zero if has_lladdr is false */
	bool has_lladdr;
	uint16_t state; /* one of NUD_REACHABLE, NUD_STALE, …; NUD_NONE */
	uint32_t flags; /* NTF_EXT_LEARNED, … */
};

/* NULL: out of memory. */
struct mirror *mirror_create(void);
void mirror_destroy(struct mirror *mirror);

/* A change was received: the entry is new or has new values. -ENOMEM: it is not in the table;
 * resync later. */
int mirror_upsert(struct mirror *mirror, const struct mirror_entry *entry);
/* A change was received: the entry was deleted. -ENOMEM as above. */
int mirror_delete(struct mirror *mirror, const struct ip_addr *dst);
/* Remove all entries and end a resync in progress, as the link was replaced by another. */
void mirror_clear(struct mirror *mirror);

/* A dump begins; a resync in progress is abandoned. */
void mirror_resync_begin(struct mirror *mirror);
/* An entry of the dump. -ENOMEM as above; ignored if no resync is in progress. */
int mirror_dumped(struct mirror *mirror, const struct mirror_entry *entry);
/* The dump is complete, and every change made before its end has been received: remove the entries
 * that it did not have. True: the table is complete. False: entries were added or deleted during
 * the dump, and a dump that the kernel makes in several parts may then miss others; resync
 * again. */
bool mirror_resync_end(struct mirror *mirror);
/* The dump failed: the table stays as it is. */
void mirror_resync_abort(struct mirror *mirror);

/* NULL: no entry. The pointer is valid until the table changes. */
const struct mirror_entry *mirror_find(const struct mirror *mirror, const struct ip_addr *dst);
size_t mirror_count(const struct mirror *mirror);
/* Copies of all entries, mirror_count() of them, oldest first, from malloc(). NULL: out of memory,
 * or the table is empty. */
struct mirror_entry *mirror_copy(const struct mirror *mirror);

/* True if `ip neighbour show` without further options lists the entry (ip-neighbour(8)). */
bool mirror_is_shown(const struct mirror_entry *entry);
/* The name of a single NUD_ state as ip-neighbour(8) shows it, in capitals; "NONE" for 0. */
const char *mirror_state_name(uint16_t state);

#endif
