/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_peers: the command `peers`; see ctl_peers.h. */
#include "ctl/ctl_peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_table.h"

#define NAMES_SHOWN 3 /* of each state, in the last line */

/* --- cells --- */

/* The first address, without its prefix length. */
static void address_cell(struct ctl_table *t, const json_t *list)
{
	const char *first = json_string_value(json_array_get(list, 0));

	ctl_cell(t, CTL_PLAIN, "%.*s", first ? (int)strcspn(first, "/") : 1, first ? first : "-");
}

/* How long ago the peer was heard: "0.3 s"; NULL: never, or this daemon does not know. */
static const char *heard(const json_t *peer, char text[CTL_NUMBER_SIZE])
{
	const json_t *ms = json_object_get(peer, "last_heard_ms");

	if (!json_is_integer(ms))
		return NULL;
	if (json_integer_value(ms) >= 10000)
		return ctl_age(json_integer_value(ms) / 1000, text);
	snprintf(text, CTL_NUMBER_SIZE, "%.1f s", (double)json_integer_value(ms) / 1000);
	return text;
}

/* How long its last answer took: "210 us", "1.2 ms". */
static const char *latency(const json_t *peer, char text[CTL_NUMBER_SIZE])
{
	const json_t *us = json_object_get(peer, "latency_us");

	if (!json_is_integer(us))
		return NULL;
	if (json_integer_value(us) < 1000)
		snprintf(text, CTL_NUMBER_SIZE, "%" JSON_INTEGER_FORMAT " us",
			 json_integer_value(us));
	else
		snprintf(text, CTL_NUMBER_SIZE, "%.1f ms", (double)json_integer_value(us) / 1000);
	return text;
}

static void cell_or_none(struct ctl_table *t, const char *text)
{
	ctl_cell(t, CTL_PLAIN, "%s", text ? text : "-");
}

static void scaled_cell(struct ctl_table *t, const json_t *object, const char *key)
{
	char text[CTL_NUMBER_SIZE];

	ctl_cell(t, CTL_PLAIN, "%s", ctl_scaled((double)ctl_integer(object, key), "", text));
}

/* --- the table of all --- */

static bool has_liveness(const json_t *peers)
{
	const json_t *peer;
	size_t i;

	json_array_foreach (peers, i, peer)
		if (json_object_get(peer, "last_heard_ms"))
			return true;
	return false;
}

static void add_peer(struct ctl_table *t, const json_t *peer, bool is_live)
{
	const json_t *counters = json_object_get(peer, "counters");
	const char *state = ctl_string(peer, "state");
	char text[CTL_NUMBER_SIZE];

	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(peer, "name"));
	address_cell(t, json_object_get(peer, "address"));
	ctl_cell(t, ctl_state_colour(state), "%s", state);
	ctl_cell(t, CTL_PLAIN, "%s", ctl_age(ctl_integer(peer, "last_change_seconds"), text));
	if (is_live) {
		cell_or_none(t, heard(peer, text));
		cell_or_none(t, latency(peer, text));
	}
	scaled_cell(t, counters, "bytes_in");
	scaled_cell(t, counters, "bytes_out");
}

static void print_table(const json_t *peers)
{
	bool is_live = has_liveness(peers);
	struct ctl_table *t = ctl_table_create(is_live ? "nallrrrr" : "nallrr");
	const json_t *peer;
	size_t i;

	ctl_cells(t, "", "", "", "", NULL);
	if (is_live)
		ctl_cells(t, "", "", NULL);
	ctl_cells(t, "BYTES", "", "PEER", "ADDRESS", "STATE", "SINCE", NULL);
	if (is_live)
		ctl_cells(t, "HEARD", "LATENCY", NULL);
	ctl_cells(t, "IN", "OUT", NULL);
	for (unsigned rank = 0; rank <= 2; rank++) /* in a rank, as in the file */
		json_array_foreach (peers, i, peer)
			if (ctl_state_rank(ctl_string(peer, "state")) == rank)
				add_peer(t, peer, is_live);
	ctl_table_print(t, "");
}

/* --- the last line --- */

static void write_names(FILE *out, const json_t *peers, const char *state, size_t count)
{
	const json_t *peer;
	size_t shown = 0, i;

	json_array_foreach (peers, i, peer) {
		if (strcmp(ctl_string(peer, "state"), state) != 0)
			continue;
		fprintf(out, "%s%s", shown ? ", " : " (", ctl_string(peer, "name"));
		if (++shown == NAMES_SHOWN)
			break;
	}
	if (count > shown)
		fprintf(out, " and %zu more", count - shown);
	putc(')', out);
}

static void write_state(FILE *out, const json_t *peers, const char *state, bool has_names)
{
	const json_t *peer;
	size_t count = 0, i;

	json_array_foreach (peers, i, peer)
		count += !strcmp(ctl_string(peer, "state"), state);
	if (!count)
		return;
	fprintf(out, ", %zu %s", count, state);
	if (has_names)
		write_names(out, peers, state, count);
}

/* "189 peers: 187 resolved, 1 silent (gamma), 1 failed (delta)" */
static void print_summary(const json_t *peers)
{
	static const char *const states[] = { "resolved", "stale",  "none",
					      "silent",   "failed", "foreign" };
	size_t total = json_array_size(peers), size;
	char *text = NULL;
	const char *begin;
	FILE *out = ctl_must(open_memstream(&text, &size));

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		write_state(out, peers, states[i], ctl_state_rank(states[i]) == 0);
	fclose(out);
	ctl_must(text);
	begin = text + (*text ? 2 : 0);
	printf("%zu peer%s: ", total, total == 1 ? "" : "s");
	ctl_print_wrapped(begin, sizeof("300 peers: ") - 1, 2);
	free(text);
}

/* --- all of one --- */

static void print_row(const char *title, const char *value)
{
	printf("%-9s  ", title);
	ctl_put_clean(stdout, value, false);
	putchar('\n');
}

static void print_addresses(const json_t *peer)
{
	const json_t *address;
	size_t i;

	json_array_foreach (json_object_get(peer, "address"), i, address)
		print_row(i ? "" : "address",
			  json_is_string(address) ? json_string_value(address) : "?");
	print_row("MAC", ctl_string(peer, "lladdr"));
}

static void print_neighbours(const json_t *peer)
{
	const json_t *entry;
	char text[160];
	size_t i;

	json_array_foreach (json_object_get(peer, "neigh"), i, entry) {
		const char *lladdr = json_string_value(json_object_get(entry, "lladdr"));

		snprintf(text, sizeof(text), "%s %s%s%s", ctl_string(entry, "dst"),
			 lladdr ? lladdr : "", lladdr ? " " : "", ctl_string(entry, "state"));
		print_row(i ? "" : "neighbour", text);
	}
}

static void print_traffic(const json_t *counters)
{
	struct ctl_table *t = ctl_table_create("lrr");

	ctl_cells(t, "", "IN", "OUT", "frames", NULL);
	ctl_number_cell(t, counters, "frames_in", CTL_PLAIN);
	ctl_number_cell(t, counters, "frames_out", CTL_PLAIN);
	ctl_cells(t, "bytes", NULL);
	ctl_bytes_cell(t, counters, "bytes_in");
	ctl_bytes_cell(t, counters, "bytes_out");
	ctl_cells(t, "ARP", NULL);
	ctl_number_cell(t, counters, "arp_in", CTL_PLAIN);
	ctl_number_cell(t, counters, "arp_out", CTL_PLAIN);
	ctl_table_print(t, "  ");
	if (ctl_integer(counters, "repaired"))
		printf("  entries of the neighbour table corrected: %" JSON_INTEGER_FORMAT "\n",
		       ctl_integer(counters, "repaired"));
	if (ctl_integer(counters, "spoofed"))
		printf("  dropped, from others that claim its address: %" JSON_INTEGER_FORMAT "\n",
		       ctl_integer(counters, "spoofed"));
}

static void print_peer(const json_t *peer)
{
	const char *state = ctl_string(peer, "state"), *ago;
	const json_t *share = json_object_get(peer, "share");
	char text[CTL_NUMBER_SIZE];

	ctl_put_clean(stdout, ctl_string(peer, "name"), false);
	printf(": %s", ctl_colour_begin(ctl_state_colour(state)));
	ctl_put_clean(stdout, state, false);
	printf("%s for %s\n", ctl_colour_end(ctl_state_colour(state)),
	       ctl_duration(ctl_integer(peer, "last_change_seconds"), text));
	print_addresses(peer);
	print_neighbours(peer);
	if ((ago = heard(peer, text)))
		printf("heard      %s ago\n", ago);
	if ((ago = latency(peer, text)))
		print_row("latency", ago);
	if (share)
		print_row("share", ctl_string(share, "state"));
	print_traffic(json_object_get(peer, "counters"));
}

/* --- the command --- */

const json_t *ctl_find_peer(const json_t *peers, const char *name)
{
	const json_t *peer;
	size_t i;

	json_array_foreach (peers, i, peer)
		if (!strcmp(ctl_string(peer, "name"), name))
			return peer;
	return NULL;
}

static void say_unknown(const json_t *peers, const char *name)
{
	const char **names = ctl_must(calloc(json_array_size(peers) + 1, sizeof(*names))), *meant;
	const json_t *peer;
	size_t i;

	json_array_foreach (peers, i, peer)
		names[i] = ctl_string(peer, "name");
	meant = words_suggest(name, names);
	fputs("clusterarpctl: no other node has the name '", stderr);
	ctl_put_clean(stderr, name, false);
	fputs(meant ? "': did you mean '" : "'\n", stderr);
	if (meant) {
		ctl_put_clean(stderr, meant, false);
		fputs("'?\n", stderr);
	}
	free(names);
}

/* Leave only those that are named, in their order in the file. False: one of them is unknown. */
static bool keep_named(json_t *answer, const struct ctl_options *o)
{
	const json_t *peers = json_object_get(answer, "peers");
	json_t *kept = ctl_must(json_array());
	json_t *peer;
	size_t i;

	for (int w = 0; w < o->count; w++) {
		if (!ctl_find_peer(peers, o->words[w])) {
			say_unknown(peers, o->words[w]);
			json_decref(kept);
			return false;
		}
	}
	json_array_foreach (peers, i, peer)
		for (int w = 0; w < o->count; w++)
			if (!strcmp(ctl_string(peer, "name"), o->words[w])) {
				json_array_append(kept, peer);
				break;
			}
	json_object_set_new(answer, "peers", kept);
	return true;
}

static void print(const json_t *peers, bool is_named)
{
	const json_t *peer;
	size_t i;

	if (!json_array_size(peers)) {
		puts("no peers: the configuration has no other node");
		return;
	}
	if (is_named) {
		json_array_foreach (peers, i, peer) {
			if (i)
				putchar('\n');
			print_peer(peer);
		}
		return;
	}
	print_table(peers);
	print_summary(peers);
}

int ctl_peers_run(const struct ctl_options *o)
{
	json_t *answer = ctl_ask_or_say(o->socket, json_pack("{s:s}", "command", "peers"));
	bool is_refused = answer && ctl_is_refused(answer), is_known;

	if (!answer)
		return EXIT_NO_DAEMON;
	is_known = is_refused || !o->count || keep_named(answer, o);
	if (is_known && ctl_option(o, CTL_JSON))
		ctl_print_json(answer);
	else if (is_known && !is_refused)
		print(json_object_get(answer, "peers"), o->count > 0);
	json_decref(answer);
	return is_refused || !is_known ? EXIT_REFUSED : EXIT_ANSWERED;
}
