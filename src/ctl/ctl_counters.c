/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_counters: the answer to `counters`; see ctl_counters.h. */
#include "ctl/ctl_counters.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ctl/common/ctl_table.h"

static void add_side(struct ctl_table *t, const json_t *counters, const char *what,
		     const char *frames, const char *bytes)
{
	ctl_cell(t, CTL_PLAIN, "%s", what);
	ctl_number_cell(t, counters, frames, CTL_PLAIN);
	ctl_bytes_cell(t, counters, bytes);
}

/* Print a counter, unless it is 0. */
static void print_count(const json_t *counters, const char *key, const char *what)
{
	json_int_t value = ctl_integer(counters, key);

	if (value)
		printf("%s: %" JSON_INTEGER_FORMAT "\n", what, value);
}

void ctl_print_counters(const json_t *answer)
{
	const json_t *counters = json_object_get(answer, "counters");
	struct ctl_table *t = ctl_table_create("lrr");

	ctl_cells(t, "", "FRAMES", "BYTES", NULL);
	add_side(t, counters, "TAP, from this host", "tap_frames_in", "tap_bytes_in");
	add_side(t, counters, "TAP, to this host", "tap_frames_out", "tap_bytes_out");
	add_side(t, counters, "NIC, from the wire", "nic_frames_in", "nic_bytes_in");
	add_side(t, counters, "NIC, to the wire", "nic_frames_out", "nic_bytes_out");
	ctl_table_print(t, "");
	putchar('\n');
	print_count(counters, "arp_rewritten", "ARP rewritten");
	print_count(counters, "nd_rewritten", "Neighbour Discovery rewritten");
	print_count(counters, "neigh_resyncs", "neighbour table read again");
	print_count(counters, "tap_repaired", "TAP corrected after changes by other programs");
	ctl_print_drops(counters, SIZE_MAX);
}

/* The most urgent reasons come first; clusterarpd(7) explains them in full. */
static const struct reason {
	const char *name, *words;
} reasons[] = {
	{ "conflict", "another host uses an address of this node" },
	{ "spoofed", "another host claims a peer's address" },
	{ "echo", "frames of this node that came back: a loop?" },
	{ "kernel_ring", "arrived faster than the daemon read them" },
	{ "nic_busy", "the NIC's queue was full, or the NIC down" },
	{ "tap_busy", "the TAP was down, or memory was short" },
	{ "too_long", "longer than the NIC's MTU allows" },
	{ "malformed", "no Ethernet frame, too many tags, or bad offload data" },
	{ "strict", "from outsiders to the dedicated MAC" },
	{ "no_lease", "from new clients, without a lease: the driver is silent" },
	{ "elsewhere", "to the cluster MAC, for an address that no node has" },
	{ "other_share", "of clients that another node answers; normal" },
	{ "peer_address", "for another node; normal" },
	{ "not_ours", "for another MAC; normal" },
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static const struct reason *known(const char *name)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if (!strcmp(name, reasons[i].name))
			return &reasons[i];
	return NULL;
}

static size_t count_drops(const json_t *drops)
{
	const char *name;
	json_t *value;
	size_t count = 0;

	json_object_foreach ((json_t *)drops, name, value)
		count += json_integer_value(value) > 0;
	return count;
}

/* Add a row, if the value is not 0 and there is room. */
static void add_drop(struct ctl_table *t, const char *name, const char *words, json_int_t value,
		     size_t *room)
{
	if (value <= 0 || !*room)
		return;
	ctl_cell(t, CTL_YELLOW, "%" JSON_INTEGER_FORMAT, value);
	ctl_cell(t, CTL_YELLOW, "%s", name);
	ctl_cell(t, CTL_PLAIN, "%s", words);
	(*room)--;
}

static void add_drops(struct ctl_table *t, const json_t *drops, size_t room)
{
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach ((json_t *)drops, name, value)
		if (!known(name))
			add_drop(t, name, "", json_integer_value(value), &room);
	for (i = 0; i < REASONS; i++)
		add_drop(t, reasons[i].name, reasons[i].words, ctl_integer(drops, reasons[i].name),
			 &room);
}

/* All in one line: the first two reasons. */
static void print_briefly(const json_t *drops)
{
	size_t count = count_drops(drops), shown = 0, i;
	json_int_t value;

	fputs("dropped:", stdout);
	for (i = 0; i < REASONS && shown < 2; i++) {
		value = ctl_integer(drops, reasons[i].name);
		if (value > 0)
			printf("%s %" JSON_INTEGER_FORMAT " %s", shown++ ? "," : "", value,
			       reasons[i].name);
	}
	puts(shown < count ? ", and more: see clusterarpctl counters"
			   : ": see clusterarpctl counters");
}

void ctl_print_drops(const json_t *counters, size_t lines)
{
	const json_t *drops = json_object_get(counters, "drops");
	size_t count = count_drops(drops), shown = count < lines ? count : lines - 2;
	struct ctl_table *t;

	if (!count) {
		puts("nothing dropped");
		return;
	}
	if (count >= lines && lines < 3) {
		print_briefly(drops);
		return;
	}
	t = ctl_table_create("rll");
	add_drops(t, drops, shown);
	puts("dropped:");
	ctl_table_print(t, "  ");
	if (shown < count)
		puts("  and more, for other reasons: see clusterarpctl counters");
}
