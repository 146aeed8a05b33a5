/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group_order: an order; see group_order.h. */
#include "corosync/group_order.h"

#include <stdio.h>
#include <string.h>

/* FNV-1a, 64 bits. */
#define HASH_START 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * HASH_PRIME;
	return hash;
}

struct group_id group_order_id(const struct group_order *o)
{
	struct group_id id = { .epoch = o->epoch };

	if (!o->epoch)
		return id;
	id.hash = hash_bytes(HASH_START, o->print, strlen(o->print));
	for (size_t i = 0; i < o->count; i++) {
		const struct group_share *s = &o->shares[i];
		uint8_t weight = (uint8_t)s->weight;

		if (s->weight >= 0) /* a sum: in any sequence */
			id.hash += hash_bytes(hash_bytes(HASH_START, s->name, strlen(s->name) + 1),
					      &weight, 1);
	}
	return id;
}

bool group_id_is(const struct group_id *a, const struct group_id *b)
{
	return a->epoch == b->epoch && a->hash == b->hash;
}

const struct group_share *group_order_find(const struct group_order *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (!strcmp(o->shares[i].name, name))
			return &o->shares[i];
	return NULL;
}

int group_order_weight(const struct group_order *o, const char *name)
{
	const struct group_share *s = group_order_find(o, name);

	return s ? s->weight : GROUP_LEFT;
}

bool group_order_has_node(const struct group_order *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->shares[i].weight >= 0)
			return true;
	return false;
}

void group_order_describe(const struct group_order *o, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < o->count && len < size; i++) {
		const struct group_share *s = &o->shares[i];
		const char *comma = len ? ", " : "";

		if (s->weight >= 0)
			len += (size_t)snprintf(text + len, size - len, "%s%s %d", comma, s->name,
						s->weight);
		else if (s->weight == GROUP_DEAD)
			len += (size_t)snprintf(text + len, size - len, "%s%s dead", comma,
						s->name);
	}
}
