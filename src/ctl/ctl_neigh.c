/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_neigh: prints the neighbour table in the format of ip-neighbour(8); see ctl_neigh.h. */
#include "ctl/ctl_neigh.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/common/ctl_text.h"

struct neighbour {
	int family;
	uint8_t address[16];
	const json_t *entry;
};

static void read_neighbour(struct neighbour *n, const json_t *entry)
{
	const char *dst = ctl_string(entry, "dst");

	*n = (struct neighbour){ .family = AF_INET, .entry = entry };
	if (inet_pton(AF_INET, dst, n->address) == 1)
		return;
	n->family = AF_INET6;
	inet_pton(AF_INET6, dst, n->address);
}

static int compare_neighbours(const void *a, const void *b)
{
	const struct neighbour *m = a, *n = b;

	if (m->family != n->family)
		return m->family == AF_INET ? -1 : 1;
	return memcmp(m->address, n->address, sizeof(m->address));
}

/* Print " name value", if the entry has this member. */
static void print_word(const json_t *entry, const char *name)
{
	const char *value = json_string_value(json_object_get(entry, name));

	if (!value)
		return;
	printf(" %s ", name);
	ctl_put_clean(stdout, value, false);
}

static void print_neighbour(const json_t *entry)
{
	json_t *state;
	size_t i;

	ctl_put_clean(stdout, ctl_string(entry, "dst"), false);
	print_word(entry, "dev");
	print_word(entry, "lladdr");
	json_array_foreach (json_object_get(entry, "state"), i, state) {
		putchar(' ');
		ctl_put_clean(stdout, json_is_string(state) ? json_string_value(state) : "?",
			      false);
	}
	print_word(entry, "peer");
	putchar('\n');
}

void ctl_print_neigh(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "neighbours");
	size_t count = json_array_size(list), i;
	struct neighbour *sorted = ctl_must(calloc(count + 1, sizeof(*sorted)));

	for (i = 0; i < count; i++)
		read_neighbour(&sorted[i], json_array_get(list, i));
	qsort(sorted, count, sizeof(*sorted), compare_neighbours);
	for (i = 0; i < count; i++)
		print_neighbour(sorted[i].entry);
	free(sorted);
}
