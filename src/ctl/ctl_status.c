/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_status: prints an overview that fits on a screen of 24 lines; see ctl_status.h. */
#include "ctl/ctl_status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_table.h"
#include "ctl/ctl_counters.h"
#include "ctl/ctl_peers.h"

#define MEASURE_NS     500000000 /* the time over which the traffic is measured */
#define SCREEN_LINES   23        /* one more for the prompt */
#define PEERS_SHOWN    12
#define PEERS_LEAST    3 /* shown even if problems take the room */
#define PROBLEMS_SHOWN 4

/* The answers that the overview is made from; `peers` was asked twice, `seconds` apart. */
struct overview {
	const json_t *status, *counters, *peers_before, *peers;
	double seconds;
};

/* The first address of a list, and how many more there are. */
static void address_cell(struct ctl_table *t, const json_t *list)
{
	const char *first = json_string_value(json_array_get(list, 0));
	size_t count = json_array_size(list);

	if (count > 1)
		ctl_cell(t, CTL_PLAIN, "%s and %zu more", first ? first : "?", count - 1);
	else
		ctl_cell(t, CTL_PLAIN, "%s", first ? first : "-");
}

/* This line is not part of the table below, because it is long. */
static void print_node(const json_t *status)
{
	json_int_t generation = ctl_integer(status, "config_generation");
	char uptime[CTL_NUMBER_SIZE], reloads[64] = "", *text;

	ctl_duration(ctl_integer(status, "uptime_seconds"), uptime);
	if (generation > 1)
		snprintf(reloads, sizeof(reloads), ", reloaded %" JSON_INTEGER_FORMAT " time%s",
			 generation - 1, generation == 2 ? "" : "s");
	if (asprintf(&text, "%s, up %s%s, data path: %s", ctl_string(status, "node"), uptime,
		     reloads, ctl_string(status, "datapath")) < 0)
		text = NULL;
	fputs("node       ", stdout);
	ctl_print_wrapped(ctl_must(text), 11, 11);
	free(text);
}

static void add_macs(struct ctl_table *t, const json_t *status)
{
	const json_t *cluster = json_object_get(status, "cluster");
	const json_t *dedicated = json_object_get(status, "dedicated");
	const char *source = ctl_string(status, "source_lladdr");

	ctl_cell(t, CTL_PLAIN, "cluster");
	address_cell(t, json_object_get(cluster, "address"));
	ctl_cell(t, CTL_PLAIN, "%s on %s", ctl_string(cluster, "lladdr"),
		 ctl_string(cluster, "tap"));
	ctl_cell(t, CTL_PLAIN, "dedicated");
	address_cell(t, json_object_get(dedicated, "address"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(dedicated, "lladdr"));
	if (!strcmp(source, ctl_string(dedicated, "lladdr")))
		return;
	ctl_cells(t, "", "sends as", NULL);
	ctl_cell(t, CTL_PLAIN, "%s", source);
}

static void add_nic(struct ctl_table *t, const json_t *status)
{
	const json_t *link = json_object_get(status, "link");
	bool has_carrier = json_is_true(json_object_get(link, "carrier"));
	json_int_t mtu = ctl_integer(link, "mtu");

	ctl_cell(t, CTL_PLAIN, "NIC");
	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(json_object_get(status, "cluster"), "dev"));
	if (!mtu)
		ctl_cell(t, CTL_RED, "not there");
	else
		ctl_cell(t, has_carrier ? CTL_PLAIN : CTL_RED,
			 "%s, MTU %" JSON_INTEGER_FORMAT " bytes",
			 has_carrier ? "link up" : "no link", mtu);
}

/* Returns how many lines of a screen were printed. */
static size_t print_problem(const json_t *problem)
{
	const char *severity = ctl_string(problem, "severity");
	enum ctl_colour colour = strcmp(severity, "critical") ? CTL_YELLOW : CTL_RED;

	fputs(ctl_colour_begin(colour), stdout);
	ctl_put_clean(stdout, severity, false);
	fputs(ctl_colour_end(colour), stdout);
	fputs(": ", stdout);
	return ctl_print_wrapped(ctl_string(problem, "text"), strlen(severity) + 2, 2);
}

static size_t print_problems(const json_t *problems)
{
	size_t count = json_array_size(problems), lines = 0, i;

	if (!count)
		return 0;
	for (i = 0; i < count && i < PROBLEMS_SHOWN; i++)
		lines += print_problem(json_array_get(problems, i));
	if (count > PROBLEMS_SHOWN) {
		printf("and %zu more problems: see clusterarpctl -j status\n",
		       count - PROBLEMS_SHOWN);
		lines++;
	}
	putchar('\n');
	return lines + 1;
}

/* A rate per second, multiplied by `factor`; "-" where nothing was counted. */
static void rate_cell(struct ctl_table *t, const struct overview *s, const json_t *peer,
		      const char *counter, double factor)
{
	const json_t *before =
		ctl_find_peer(json_object_get(s->peers_before, "peers"), ctl_string(peer, "name"));
	json_int_t now = ctl_integer(json_object_get(peer, "counters"), counter);
	json_int_t then = ctl_integer(json_object_get(before, "counters"), counter);
	char text[CTL_NUMBER_SIZE];

	if (!before || now <= then || s->seconds <= 0)
		ctl_cell(t, CTL_PLAIN, "-");
	else
		ctl_cell(t, CTL_PLAIN, "%s",
			 ctl_scaled(((double)now - (double)then) * factor / s->seconds, "", text));
}

static void add_peer(struct ctl_table *t, const struct overview *s, const json_t *peer)
{
	const char *name = ctl_string(peer, "name"), *state = ctl_string(peer, "state");
	const char *first = json_string_value(json_array_get(json_object_get(peer, "address"), 0));
	const char *address = first ? first : "-";
	char age[CTL_NUMBER_SIZE];

	ctl_cell(t, CTL_PLAIN, "%s", name);
	ctl_cell(t, CTL_PLAIN, "%.*s", (int)strcspn(address, "/"), address);
	ctl_cell(t, ctl_state_colour(state), "%s", state);
	ctl_cell(t, CTL_PLAIN, "%s", ctl_age(ctl_integer(peer, "last_change_seconds"), age));
	rate_cell(t, s, peer, "frames_in", 1);
	rate_cell(t, s, peer, "frames_out", 1);
	rate_cell(t, s, peer, "bytes_in", 8);
	rate_cell(t, s, peer, "bytes_out", 8);
}

static int compare_peers(const void *a, const void *b)
{
	const json_t *const *p = a, *const *q = b;
	unsigned m = ctl_state_rank(ctl_string(*p, "state")),
		 n = ctl_state_rank(ctl_string(*q, "state"));

	if (m != n)
		return m < n ? -1 : 1;
	return strcmp(ctl_string(*p, "name"), ctl_string(*q, "name"));
}

/* The peers in the order of printing: if there are more than `shown`, first those that do not
 * answer. To be freed. */
static const json_t **order(const json_t *peers, size_t count, size_t shown)
{
	const json_t **list = ctl_must(calloc(count + 1, sizeof(*list)));
	size_t i;

	for (i = 0; i < count; i++)
		list[i] = json_array_get(peers, i);
	if (count > shown)
		qsort(list, count, sizeof(*list), compare_peers);
	return list;
}

static void print_more(const json_t **peers, size_t count)
{
	size_t resolved = 0, i;

	for (i = 0; i < count; i++)
		resolved += !strcmp(ctl_string(peers[i], "state"), "resolved");
	if (resolved == count)
		printf("and %zu more, resolved\n", count);
	else
		printf("and %zu more, %zu of them resolved: see clusterarpctl peers\n", count,
		       resolved);
}

/* Print at most `shown` peers. Returns how many lines were printed. */
static size_t print_peers(const struct overview *s, size_t shown)
{
	const json_t *peers = json_object_get(s->peers, "peers");
	size_t count = json_array_size(peers), i;
	const json_t **list;
	struct ctl_table *t;

	if (!count) {
		puts("no peers: the configuration has no other node");
		return 1;
	}
	list = order(peers, count, shown);
	t = ctl_table_create("nallrrrr");
	ctl_cells(t, "", "", "", "", "PKT/S", "", "BIT/S", "", NULL);
	ctl_cells(t, "PEER", "ADDRESS", "STATE", "SINCE", "IN", "OUT", "IN", "OUT", NULL);
	for (i = 0; i < count && i < shown; i++)
		add_peer(t, s, list[i]);
	ctl_table_print(t, "");
	if (count > shown)
		print_more(list + shown, count - shown);
	free(list);
	return 2 + i + (count > shown);
}

static void print_overview(const struct overview *s)
{
	const json_t *dedicated = json_object_get(s->status, "dedicated");
	struct ctl_table *t = ctl_table_create("lal");
	size_t lines = 6; /* two of them empty */
	size_t problems, peers;

	print_node(s->status);
	add_macs(t, s->status);
	add_nic(t, s->status);
	ctl_table_print(t, "");
	if (strcmp(ctl_string(s->status, "source_lladdr"), ctl_string(dedicated, "lladdr")) != 0)
		lines++;
	putchar('\n');
	problems = print_problems(json_object_get(s->status, "problems"));
	peers = problems + PEERS_LEAST < PEERS_SHOWN ? PEERS_SHOWN - problems : PEERS_LEAST;
	lines += problems + print_peers(s, peers);
	putchar('\n');
	ctl_print_drops(json_object_get(s->counters, "counters"),
			lines < SCREEN_LINES ? SCREEN_LINES - lines : 1);
}

static const char *const parts[] = { "peers", "status", "counters", "peers" };

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Ask for the parts. The first and the last one are `peers`, *seconds apart, so that rates can be
 * computed. Returns the exit status. */
static int ask_parts(const struct ctl_options *o, json_t *answers[PARTS], double *seconds)
{
	const struct timespec pause = { .tv_nsec = MEASURE_NS };
	size_t i;

	for (i = 0; i < PARTS; i++) {
		if (i == PARTS - 1)
			nanosleep(&pause, NULL);
		answers[i] = ctl_ask_or_say(o->socket, json_pack("{s:s}", "command", parts[i]));
		if (!answers[i])
			return EXIT_NO_DAEMON;
		if (ctl_is_refused(answers[i]))
			return EXIT_REFUSED;
		*seconds = i ? *seconds : -ctl_now();
	}
	*seconds += ctl_now();
	return EXIT_ANSWERED;
}

int ctl_status_run(const struct ctl_options *o)
{
	json_t *answers[PARTS] = { NULL };
	struct overview s = { 0 };
	size_t i;
	int rc;

	if (ctl_option(o, CTL_JSON))
		return ctl_ask_and_print(o->socket, json_pack("{s:s}", "command", "status"), true,
					 NULL);
	rc = ask_parts(o, answers, &s.seconds);
	s.peers_before = answers[0];
	s.status = answers[1];
	s.counters = answers[2];
	s.peers = answers[3];
	if (rc == EXIT_ANSWERED)
		print_overview(&s);
	for (i = 0; i < PARTS; i++)
		json_decref(answers[i]);
	return rc;
}
