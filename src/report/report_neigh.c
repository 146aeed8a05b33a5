/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_neigh: the answer to `neigh`; see report_neigh.h. */
#include "report/report_neigh.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/report_line.h"

#define NEIGH_PIECE 256 /* entries: about 25 KiB, written in well under a millisecond */

struct report_neigh {
	struct mirror_entry *list;
	size_t count, next;
	bool is_begun, is_ended; /* an entry was written; the last one was */
};

struct report_neigh *report_neigh_create(const struct mirror *mirror)
{
	struct report_neigh *neigh = calloc(1, sizeof(*neigh));

	if (!neigh)
		return NULL;
	neigh->count = mirror_count(mirror);
	neigh->list = mirror_copy(mirror);
	if (neigh->list || !neigh->count)
		return neigh;
	free(neigh);
	return NULL;
}

void report_neigh_destroy(struct report_neigh *neigh)
{
	if (!neigh)
		return;
	free(neigh->list);
	free(neigh);
}

/* As in `ip -j neigh`: `lladdr` is left out while it is not known. */
static json_t *neighbour_json(const struct mirror_entry *entry, const struct peers *peers)
{
	const struct peer *peer = peers_by_ip(peers, &entry->dst).peer;
	char text[IP_STRLEN];
	json_t *object = json_pack("{s:s, s:s}", "dst", ip_format(&entry->dst, text), "dev",
				   peers_config(peers)->tap);

	if (entry->has_lladdr)
		json_object_set_new(object, "lladdr", report_line_mac(&entry->lladdr));
	json_object_set_new(object, "state",
			    entry->state ? json_pack("[s]", mirror_state_name(entry->state))
					 : json_array());
	json_object_set_new(object, "peer", peer ? json_string(peer->node->name) : json_null());
	return object;
}

static void write_neighbours(FILE *out, struct report_neigh *neigh, const struct peers *peers)
{
	unsigned written = 0;
	json_t *object;

	for (; neigh->next < neigh->count && written < NEIGH_PIECE; neigh->next++) {
		if (!mirror_is_shown(&neigh->list[neigh->next]))
			continue;
		if (neigh->is_begun)
			putc(',', out);
		object = neighbour_json(&neigh->list[neigh->next], peers);
		json_dumpf(object, out, JSON_COMPACT);
		json_decref(object);
		neigh->is_begun = true;
		written++;
	}
}

char *report_neigh_next(struct report_neigh *neigh, const struct peers *peers)
{
	char *piece = NULL;
	size_t size;
	FILE *out = neigh->is_ended ? NULL : open_memstream(&piece, &size);

	if (!out)
		return NULL;
	if (neigh->next == 0)
		fputs("{\"neighbours\":[", out);
	write_neighbours(out, neigh, peers);
	neigh->is_ended = neigh->next == neigh->count;
	if (neigh->is_ended)
		fprintf(out, "],\"schema_version\":%d}\n", REPORT_SCHEMA_VERSION);
	fclose(out);
	return piece;
}
