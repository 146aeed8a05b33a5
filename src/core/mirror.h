/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mirror: the kernel's neighbour table of one link, as it is told by netlink (SPEC 8).
 *
 * Changes are applied as they are heard. After a loss, or to learn of what the kernel
 * does not announce (an entry that is INCOMPLETE, or DELAY), the table is resynced: each
 * entry of a dump is given to mirror_dumped(), and what the dump did not have goes at its
 * end.
 *
 * Changes go on being heard while a dump is under way, and are put in whenever they
 * come. A change heard since mirror_resync_begin() outranks what the dump says of the
 * same address: either the dump read the entry before the change, and is older, or after
 * it, and then whatever made it differ is still to be heard.
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
	struct mac lladdr; /* zero where has_lladdr is false */
	bool has_lladdr;
	uint16_t state; /* one of NUD_REACHABLE, NUD_STALE, …; NUD_NONE */
	uint32_t flags; /* NTF_EXT_LEARNED, … */
};

/* NULL: out of memory. */
struct mirror *mirror_create(void);
void mirror_destroy(struct mirror *mirror);

/* A change was heard: the entry is new, or is this now. -ENOMEM: it is not in the table;
 * resync later. */
int mirror_upsert(struct mirror *mirror, const struct mirror_entry *entry);
/* A change was heard: the entry is gone. -ENOMEM as above. */
int mirror_delete(struct mirror *mirror, const struct ip_addr *dst);
/* Everything is gone, a resync under way included: another link's table begins. */
void mirror_clear(struct mirror *mirror);

/* A dump begins; one that was under way is given up. */
void mirror_resync_begin(struct mirror *mirror);
/* An entry of the dump. -ENOMEM as above; ignored while no dump is under way. */
int mirror_dumped(struct mirror *mirror, const struct mirror_entry *entry);
/* The dump is complete, and every change before its end has been heard: what it did not
 * have is gone. True: it is the table. False:
 * entries came or went while it was made, and a dump that the kernel makes in pieces may
 * then miss others; resync again. */
bool mirror_resync_end(struct mirror *mirror);
/* The dump failed: all remains as it was heard. */
void mirror_resync_abort(struct mirror *mirror);

/* NULL: no entry. Valid until the table changes. */
const struct mirror_entry *mirror_find(const struct mirror *mirror, const struct ip_addr *dst);
size_t mirror_count(const struct mirror *mirror);
/* Copies of all entries, mirror_count() of them, oldest first; from malloc(). NULL: out of
 * memory, or there is none. */
struct mirror_entry *mirror_copy(const struct mirror *mirror);

/* Does ip-neighbour(8) show it without being asked for more? */
bool mirror_is_shown(const struct mirror_entry *entry);
/* The name of a single NUD_ state as ip-neighbour(8) has it, in capitals; "NONE" for 0. */
const char *mirror_state_name(uint16_t state);

#endif
