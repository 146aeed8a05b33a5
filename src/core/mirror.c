/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mirror: a mirror of the kernel's neighbour table for one link; see mirror.h. */
#include "core/mirror.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct slot {
	struct ip_addr dst;
	struct mirror_entry entry;
	uint64_t heard; /* value of `resync` when a change was last received; 0: none */
	uint64_t seen;  /* number of the last resync in which a change or the dump had this entry */
	bool is_gone;   /* deleted during a dump, which may still contain it */
	UT_hash_handle hh;
};

struct mirror {
	struct slot *slots;
	size_t gone;     /* number of slots with is_gone set */
	uint64_t resync; /* number of the last resync begun */
	bool is_resyncing;
	bool is_moving; /* entries were added or deleted since it began */
};

struct mirror *mirror_create(void)
{
	return calloc(1, sizeof(struct mirror));
}

static void remove_slot(struct mirror *m, struct slot *slot)
{
	m->gone -= slot->is_gone;
	HASH_DEL(m->slots, slot);
	free(slot);
}

void mirror_clear(struct mirror *m)
{
	struct slot *slot, *next;

	HASH_ITER (hh, m->slots, slot, next)
		remove_slot(m, slot);
	m->is_resyncing = false;
}

void mirror_destroy(struct mirror *m)
{
	if (!m)
		return;
	mirror_clear(m);
	free(m);
}

static struct slot *find(const struct mirror *m, const struct ip_addr *dst)
{
	struct slot *slot;

	HASH_FIND(hh, m->slots, dst, sizeof(*dst), slot);
	return slot;
}

static struct slot *add(struct mirror *m, const struct ip_addr *dst)
{
	struct slot *slot = calloc(1, sizeof(*slot));

	if (!slot)
		return NULL;
	slot->dst = *dst;
	HASH_ADD(hh, m->slots, dst, sizeof(slot->dst), slot);
	if (slot->hh.tbl)
		return slot;
	free(slot); /* no memory for the hash table */
	return NULL;
}

static void put(struct mirror *m, struct slot *slot, const struct mirror_entry *entry)
{
	m->gone -= slot->is_gone;
	slot->is_gone = false;
	slot->entry = *entry;
	slot->seen = m->resync;
}

int mirror_upsert(struct mirror *m, const struct mirror_entry *entry)
{
	struct slot *slot = find(m, &entry->dst);

	if (!slot || slot->is_gone)
		m->is_moving = true;
	if (!slot)
		slot = add(m, &entry->dst);
	if (!slot)
		return -ENOMEM;
	put(m, slot, entry);
	slot->heard = m->resync;
	return 0;
}

/* Mark an entry as deleted, until the dump ends. */
static int mark_gone(struct mirror *m, struct slot *slot, const struct ip_addr *dst)
{
	if (!slot)
		slot = add(m, dst);
	if (!slot)
		return -ENOMEM;
	m->gone += !slot->is_gone;
	slot->is_gone = true;
	slot->heard = m->resync;
	return 0;
}

int mirror_delete(struct mirror *m, const struct ip_addr *dst)
{
	struct slot *slot = find(m, dst);

	m->is_moving = true;
	if (m->is_resyncing)
		return mark_gone(m, slot, dst);
	if (slot)
		remove_slot(m, slot);
	return 0;
}

static void remove_gone(struct mirror *m)
{
	struct slot *slot, *next;

	if (!m->gone)
		return;
	HASH_ITER (hh, m->slots, slot, next)
		if (slot->is_gone)
			remove_slot(m, slot);
}

void mirror_resync_begin(struct mirror *m)
{
	remove_gone(m);
	m->resync++;
	m->is_resyncing = true;
	m->is_moving = false;
}

int mirror_dumped(struct mirror *m, const struct mirror_entry *entry)
{
	struct slot *slot;

	if (!m->is_resyncing)
		return 0;
	slot = find(m, &entry->dst);
	if (slot && slot->heard == m->resync)
		return 0;
	if (!slot)
		slot = add(m, &entry->dst);
	if (!slot)
		return -ENOMEM;
	put(m, slot, entry);
	return 0;
}

bool mirror_resync_end(struct mirror *m)
{
	struct slot *slot, *next;

	if (!m->is_resyncing)
		return true;
	m->is_resyncing = false;
	HASH_ITER (hh, m->slots, slot, next)
		if (slot->is_gone || slot->seen != m->resync)
			remove_slot(m, slot);
	return !m->is_moving;
}

void mirror_resync_abort(struct mirror *m)
{
	remove_gone(m);
	m->is_resyncing = false;
}

const struct mirror_entry *mirror_find(const struct mirror *m, const struct ip_addr *dst)
{
	const struct slot *slot = find(m, dst);

	return slot && !slot->is_gone ? &slot->entry : NULL;
}

size_t mirror_count(const struct mirror *m)
{
	return HASH_COUNT(m->slots) - m->gone;
}

struct mirror_entry *mirror_copy(const struct mirror *m)
{
	size_t count = mirror_count(m), i = 0;
	struct mirror_entry *list = count ? calloc(count, sizeof(*list)) : NULL;
	struct slot *slot, *next;

	if (!list)
		return NULL;
	HASH_ITER (hh, m->slots, slot, next)
		if (!slot->is_gone)
			list[i++] = slot->entry;
	return list;
}

bool mirror_is_shown(const struct mirror_entry *entry)
{
	return (entry->state & ~NUD_NOARP) || (entry->flags & NTF_EXT_LEARNED);
}

const char *mirror_state_name(uint16_t state)
{
	switch (state) {
	case NUD_INCOMPLETE:
		return "INCOMPLETE";
	case NUD_REACHABLE:
		return "REACHABLE";
	case NUD_STALE:
		return "STALE";
	case NUD_DELAY:
		return "DELAY";
	case NUD_PROBE:
		return "PROBE";
	case NUD_FAILED:
		return "FAILED";
	case NUD_NOARP:
		return "NOARP";
	case NUD_PERMANENT:
		return "PERMANENT";
	default:
		return "NONE";
	}
}
