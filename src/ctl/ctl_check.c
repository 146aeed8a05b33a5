/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_check: the command `check`; see ctl_check.h.
 *
 * The line: "CLUSTERARPD WARNING - ID: the worst problem; 2 more problems | performance data".
 */
#include "ctl/ctl_check.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_text.h"

/* Shorter than the time after which monitoring systems end a plugin, often 10 s. */
#define ANSWER_SECONDS 5.0
#define ANSWER_LEAST   0.1 /* for the last one, when --wait is nearly over */
#define POLL_MS        200

static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

struct result {
	enum ctl_check_status status;
	char *message;
	json_t *answer; /* to `status`; NULL: there is none */
};

static void clear(struct result *r)
{
	free(r->message);
	json_decref(r->answer);
}

/* Whatever the answer says. */
static json_int_t add(json_int_t a, json_int_t b)
{
	json_int_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static json_int_t count_peers(const json_t *answer)
{
	const char *state;
	json_t *n;
	json_int_t count = 0;

	json_object_foreach (json_object_get(answer, "peers"), state, n)
		count = add(count, json_integer_value(n));
	return count;
}

static char *say_well(const json_t *answer)
{
	json_int_t nodes = add(count_peers(answer), 1);
	char *text;

	if (asprintf(&text, "%" JSON_INTEGER_FORMAT " node%s, %s data path", nodes,
		     nodes == 1 ? "" : "s", ctl_string(answer, "datapath")) < 0)
		text = NULL;
	return ctl_must(text);
}

/* The first problem is the worst one. */
static char *say_problems(const json_t *problems)
{
	const json_t *worst = json_array_get(problems, 0);
	size_t others = json_array_size(problems) - 1;
	char more[64] = "", *text;

	if (others)
		snprintf(more, sizeof(more), "; %zu more problem%s: see clusterarpctl status",
			 others, others == 1 ? "" : "s");
	if (asprintf(&text, "%s: %s%s", ctl_string(worst, "id"), ctl_string(worst, "text"), more) <
	    0)
		text = NULL;
	return ctl_must(text);
}

static void judge(struct result *r)
{
	const json_t *problems = json_object_get(r->answer, "problems");
	const json_t *error = json_object_get(r->answer, "error");

	if (error || !json_is_array(problems)) {
		r->status = CTL_CHECK_UNKNOWN;
		r->message = ctl_must(strdup(error ? ctl_string(error, "message")
						   : "the daemon's answer has no problems"));
	} else if (!json_array_size(problems)) {
		r->status = CTL_CHECK_OK;
		r->message = say_well(r->answer);
	} else {
		r->status = strcmp(ctl_string(json_array_get(problems, 0), "severity"), "critical")
				    ? CTL_CHECK_WARNING
				    : CTL_CHECK_CRITICAL;
		r->message = say_problems(problems);
	}
}

static struct result look(const char *path, double seconds)
{
	json_t *request = ctl_must(json_pack("{s:s}", "command", "status"));
	struct result r = { .status = CTL_CHECK_UNKNOWN };

	r.answer = ctl_ask_within(path, request, seconds);
	if (r.answer)
		judge(&r);
	else if (asprintf(&r.message, "no daemon answers at %s: %s", path, strerror(errno)) < 0)
		r.message = ctl_must(NULL);
	json_decref(request);
	ctl_clean(r.message);
	return r;
}

/* --- the output --- */

/* '|' begins the performance data. */
static void put_text(const char *text)
{
	char *copy = ctl_must(strdup(text)), *bar;

	while ((bar = strchr(copy, '|')))
		*bar = '/';
	ctl_put_clean(stdout, copy, false);
	free(copy);
}

/* 'c': a counter. */
static void put_numbers(const char *prefix, const json_t *object, const char *unit)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		printf(" %s", prefix);
		ctl_put_clean(stdout, key, false);
		printf("=%" JSON_INTEGER_FORMAT "%s", json_integer_value(value), unit);
	}
}

static void put_performance(const json_t *answer)
{
	printf(" | peers=%" JSON_INTEGER_FORMAT, count_peers(answer));
	put_numbers("peers_", json_object_get(answer, "peers"), "");
	printf(" problems=%zu;0 uptime=%" JSON_INTEGER_FORMAT "s",
	       json_array_size(json_object_get(answer, "problems")),
	       ctl_integer(answer, "uptime_seconds"));
	put_numbers("drops_", json_object_get(answer, "drops"), "c");
}

static void print_line(const struct result *r)
{
	printf("CLUSTERARPD %s - ", words[r->status]);
	put_text(r->message);
	if (r->status != CTL_CHECK_UNKNOWN)
		put_performance(r->answer);
	putchar('\n');
}

static void print_json(const struct result *r)
{
	json_t *problems = json_object_get(r->answer, "problems");
	json_t *json = json_pack(
		"{s:{s:s, s:i, s:o, s:o}, s:i}", "check", "status", words[r->status], "exit_status",
		(int)r->status, "message", json_string(r->message), "problems",
		problems ? json_incref(problems) : json_array(), "schema_version", 1);

	ctl_print_json(ctl_must(json));
	json_decref(json);
}

/* --- asking --- */

/* How long to wait for an answer: no longer than until `end`. */
static double limit(double end)
{
	double left = end - ctl_now();

	if (left > ANSWER_SECONDS)
		return ANSWER_SECONDS;
	return left > ANSWER_LEAST ? left : ANSWER_LEAST;
}

/* Ask again until all is well, or the time is over; a daemon that is not there yet may come. */
static struct result wait_well(const char *path, double seconds)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };
	double end = ctl_now() + seconds;
	struct result r = look(path, limit(end));

	while (r.status != CTL_CHECK_OK && ctl_now() < end) {
		nanosleep(&pause, NULL);
		clear(&r);
		r = look(path, limit(end));
	}
	return r;
}

int ctl_check_run(const struct ctl_options *o)
{
	double wait = ctl_option_seconds(o, CTL_WAIT, 0);
	struct result r = wait > 0 ? wait_well(o->socket, wait) : look(o->socket, ANSWER_SECONDS);
	int rc = (int)r.status;

	if (ctl_option(o, CTL_JSON))
		print_json(&r);
	else
		print_line(&r);
	clear(&r);
	return rc;
}
