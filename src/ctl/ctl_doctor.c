/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_doctor: lets the daemon examine the network; see ctl_doctor.h. */
#include "ctl/ctl_doctor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_table.h"
#include "ctl/common/ctl_text.h"

#define POLL_NS  200000000
#define POLLS    300 /* a run takes some seconds */
#define ROWS_MAX 20  /* of peers with which nothing is wrong */
#define WIDTH    80

static const struct {
	const char *key, *title;
} ways[] = { { "broadcast", "BCAST" }, { "dedicated", "DEDICATED" }, { "cluster", "CLUSTER" },
	     { "full", "FULL" },       { "back", "BACK" },           { "nd", "ND" },
	     { "snooping", "SNOOP" } };

#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* --- the text --- */

/* A paragraph of at most WIDTH columns, indented. */
static void put_wrapped(const char *text, int indent)
{
	int column = 0;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column && column + 1 + len > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += column ? printf(" ") : printf("%*s", indent, "");
		for (int i = 0; i < len; i++)
			putchar(text[i] > ' ' && text[i] <= '~' ? text[i] : '?');
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static bool is_complete(const json_t *peer)
{
	for (size_t i = 0; i < WAYS; i++) {
		const json_t *way = json_object_get(peer, ways[i].key);

		if (ctl_integer(way, "answered") < ctl_integer(way, "asked"))
			return false;
	}
	return true;
}

static void put_way(struct ctl_table *table, const json_t *way)
{
	json_int_t asked = ctl_integer(way, "asked"), answered = ctl_integer(way, "answered");

	if (!asked)
		ctl_cell(table, CTL_PLAIN, "-");
	else
		ctl_cell(table,
			 answered == asked ? CTL_GREEN
			 : answered        ? CTL_YELLOW
					   : CTL_RED,
			 "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, answered, asked);
}

/* Was anybody asked in this way? */
static bool is_used(const json_t *peers, size_t way)
{
	const json_t *peer;
	size_t i;

	json_array_foreach (peers, i, peer)
		if (json_object_get(peer, ways[way].key))
			return true;
	return false;
}

static struct ctl_table *begin_table(const json_t *peers)
{
	static char alignment[2 + WAYS + 1];
	struct ctl_table *table;

	strcpy(alignment, "ll");
	for (size_t way = 0; way < WAYS; way++)
		if (is_used(peers, way))
			strcat(alignment, "r");
	table = ctl_table_create(alignment);
	ctl_cells(table, "PEER", "ASKED FOR", NULL);
	for (size_t way = 0; way < WAYS; way++)
		if (is_used(peers, way))
			ctl_cell(table, CTL_PLAIN, "%s", ways[way].title);
	return table;
}

/* Many peers: only those that have not answered everything. */
static void put_peers(const json_t *peers)
{
	struct ctl_table *table = begin_table(peers);
	bool is_short = json_array_size(peers) > ROWS_MAX;
	const json_t *peer;
	size_t i, left_out = 0;

	json_array_foreach (peers, i, peer) {
		if (is_short && is_complete(peer)) {
			left_out++;
			continue;
		}
		ctl_cell(table, CTL_PLAIN, "%s", ctl_string(peer, "name"));
		ctl_cell(table, CTL_PLAIN, "%s",
			 json_is_string(json_object_get(peer, "address"))
				 ? ctl_string(peer, "address")
				 : "-");
		for (size_t way = 0; way < WAYS; way++)
			if (is_used(peers, way))
				put_way(table, json_object_get(peer, ways[way].key));
	}
	ctl_table_print(table, "");
	if (left_out)
		printf("%zu peers answer in every way.\n", left_out);
}

static void put_finding(const json_t *finding)
{
	const char *peer = json_string_value(json_object_get(finding, "peer"));

	fputs(ctl_colour_begin(CTL_RED), stdout);
	if (peer) {
		ctl_put_clean(stdout, peer, false);
		fputs(": ", stdout);
	}
	ctl_put_clean(stdout, ctl_string(finding, "id"), false);
	fputs(ctl_colour_end(CTL_RED), stdout);
	putchar('\n');
	put_wrapped(ctl_string(finding, "text"), 2);
}

static void print(const json_t *doctor)
{
	const json_t *findings = json_object_get(doctor, "findings"), *finding;
	const json_t *peers = json_object_get(doctor, "peers");
	size_t i;

	if (json_array_size(peers))
		put_peers(peers);
	else
		puts("The configuration has no other node: there is nobody to ask.");
	putchar('\n');
	json_array_foreach (findings, i, finding)
		put_finding(finding);
	if (!json_array_size(findings) && json_array_size(peers))
		puts("Nothing is wrong.");
}

/* --- the run --- */

/* The member `doctor` of the next answer; NULL: none, or a refusal, and *rc is the exit status. */
static json_t *ask(const struct ctl_options *o, json_int_t run, int *rc)
{
	json_t *request = run ? json_pack("{s:s, s:I}", "command", "doctor", "run", run)
			      : json_pack("{s:s}", "command", "doctor");
	json_t *answer = ctl_ask_or_say(o->socket, request);

	*rc = EXIT_NO_DAEMON;
	if (!answer)
		return NULL;
	*rc = EXIT_REFUSED;
	if (!ctl_is_refused(answer) && json_is_object(json_object_get(answer, "doctor")))
		return answer;
	json_decref(answer);
	return NULL;
}

static json_t *wait_for_result(const struct ctl_options *o, int *rc)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	json_t *answer = ask(o, 0, rc);

	for (unsigned i = 0; answer && i < POLLS; i++) {
		const json_t *doctor = json_object_get(answer, "doctor");
		json_int_t run = ctl_integer(doctor, "run");

		if (json_is_true(json_object_get(doctor, "done")))
			return answer;
		json_decref(answer);
		nanosleep(&pause, NULL);
		answer = ask(o, run, rc);
	}
	if (answer)
		fputs("clusterarpctl: the examination does not end\n", stderr);
	json_decref(answer);
	return NULL;
}

int ctl_doctor_run(const struct ctl_options *o)
{
	int rc;
	json_t *answer = wait_for_result(o, &rc);
	const json_t *doctor = json_object_get(answer, "doctor");

	if (!answer)
		return rc;
	if (ctl_option(o, CTL_JSON))
		ctl_print_json(answer);
	else
		print(doctor);
	rc = json_array_size(json_object_get(doctor, "findings")) ? EXIT_REFUSED : EXIT_ANSWERED;
	json_decref(answer);
	return rc;
}
