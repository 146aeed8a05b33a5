/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_peers: prints the answer to `peers`; see ctl_peers.h. */
#include "ctl/ctl_peers.h"

#include <stdio.h>
#include <string.h>

#include "ctl/common/ctl_table.h"

/* One address, without its prefix length. */
static void address_cell(struct ctl_table *t, const json_t *address)
{
	const char *text = json_is_string(address) ? json_string_value(address) : "-";

	ctl_cell(t, CTL_PLAIN, "%.*s", (int)strcspn(text, "/"), text);
}

/* A peer's further addresses are printed below the first one. */
static void add_addresses(struct ctl_table *t, const json_t *list)
{
	size_t i, column;

	for (i = 1; i < json_array_size(list); i++) {
		ctl_cell(t, CTL_PLAIN, "%s", "");
		address_cell(t, json_array_get(list, i));
		for (column = 2; column < 11; column++)
			ctl_cell(t, CTL_PLAIN, "%s", "");
	}
}

static void add_peer(struct ctl_table *t, const json_t *peer)
{
	const json_t *counters = json_object_get(peer, "counters");
	const json_t *addresses = json_object_get(peer, "address");
	const char *state = ctl_string(peer, "state");
	char age[CTL_NUMBER_SIZE];

	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(peer, "name"));
	address_cell(t, json_array_get(addresses, 0));
	ctl_cell(t, ctl_state_colour(state), "%s", state);
	ctl_cell(t, CTL_PLAIN, "%s", ctl_age(ctl_integer(peer, "last_change_seconds"), age));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(peer, "lladdr"));
	ctl_number_cell(t, counters, "frames_in", CTL_PLAIN);
	ctl_number_cell(t, counters, "frames_out", CTL_PLAIN);
	ctl_bytes_cell(t, counters, "bytes_in");
	ctl_bytes_cell(t, counters, "bytes_out");
	ctl_number_cell(t, counters, "repaired", CTL_YELLOW);
	ctl_number_cell(t, counters, "spoofed", CTL_YELLOW);
	add_addresses(t, addresses);
}

void ctl_print_peers(const json_t *answer)
{
	const json_t *peers = json_object_get(answer, "peers");
	struct ctl_table *t;
	const json_t *peer;
	size_t i;

	if (!json_array_size(peers)) {
		puts("no peers: the configuration has no other node");
		return;
	}
	t = ctl_table_create("lllllrrrrrr");
	ctl_cells(t, "NAME", "ADDRESS", "STATE", "SINCE", "MAC", "FRAMES IN", "OUT", "BYTES IN",
		  "OUT", "REPAIRED", "SPOOFED", NULL);
	json_array_foreach (peers, i, peer)
		add_peer(t, peer);
	ctl_table_print(t, "");
}
