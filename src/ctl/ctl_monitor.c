/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_monitor: prints events as they happen; see ctl_monitor.h. */
#include "ctl/ctl_monitor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_stream.h"
#include "ctl/common/ctl_text.h"

/* Print RFC 3339 UTC as local time, in milliseconds; print anything else unchanged. */
static void print_time(const char *ts)
{
	struct tm tm = { 0 };
	const char *fraction = strptime(ts, "%Y-%m-%dT%H:%M:%S", &tm);
	char text[64];
	size_t digits;
	time_t when;

	if (!fraction) {
		ctl_put_clean(stdout, ts, false);
		return;
	}
	when = timegm(&tm);
	if (!localtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		return;
	fputs(text, stdout);
	digits = *fraction == '.' ? strspn(fraction + 1, "0123456789") : 0;
	if (digits)
		printf(".%.*s", digits < 3 ? (int)digits : 3, fraction + 1);
}

/* As printf(3), with %s as the only conversion; strings are cleaned for the terminal. */
static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++)
		if (format[0] == '%' && format[1] == 's') {
			ctl_put_clean(stdout, va_arg(args, const char *), false);
			format++;
		} else {
			putchar(*format);
		}
	va_end(args);
}

static void say_peer_state(const json_t *event)
{
	const char *state = ctl_string(event, "state");
	enum ctl_colour colour = ctl_state_colour(state);

	say("node %s: ", ctl_string(event, "peer"));
	fputs(ctl_colour_begin(colour), stdout);
	say("%s", state);
	fputs(ctl_colour_end(colour), stdout);
	say(" (was %s)", ctl_string(event, "previous"));
}

static void say_tap_repaired(const json_t *event)
{
	say("another program changed %s (%s): corrected", ctl_string(event, "dev"),
	    ctl_string(event, "what"));
}

static void say_repaired(const json_t *event)
{
	say("the neighbour entry of node %s (%s) was changed to %s: corrected",
	    ctl_string(event, "peer"), ctl_string(event, "dst"), ctl_string(event, "lladdr"));
}

static void say_spoofed(const json_t *event)
{
	say("%s claims the address %s of node %s: dropped", ctl_string(event, "lladdr"),
	    ctl_string(event, "dst"), ctl_string(event, "peer"));
}

static void say_conflict(const json_t *event)
{
	say("address conflict: %s uses %s, an address of this node: dropped",
	    ctl_string(event, "lladdr"), ctl_string(event, "dst"));
}

static void say_echo(const json_t *event)
{
	(void)event;
	say("a frame of this node came back: dropped");
}

static void say_reload(const json_t *event)
{
	const json_t *change;
	size_t i;

	if (!json_is_true(json_object_get(event, "applied"))) {
		say("the configuration was not reloaded: see the daemon's log");
		return;
	}
	say("the configuration was reloaded");
	json_array_foreach (json_object_get(event, "changes"), i, change)
		say("%s %s", i ? ";" : ":",
		    json_is_string(change) ? json_string_value(change) : "?");
}

/* The engine of the shares has changed what this node does. */
static void say_shares(const json_t *event)
{
	static const struct {
		const char *change, *words;
	} changes[] = {
		{ "order", "a new order" },
		{ "taken", "no other node is waited for any more" },
		{ "no_lease", "the lease has run out: no new connections" },
		{ "lease", "a lease again" },
		{ "wish", "this node asks the driver for another weight" },
		{ "asked", "this node has no connections in the shares of others" },
	};
	const char *change = ctl_string(event, "change"), *words = change;
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (!strcmp(change, changes[i].change))
			words = changes[i].words;
	say("shares: %s", words);
	printf(" (epoch %" JSON_INTEGER_FORMAT ", buckets: owned %" JSON_INTEGER_FORMAT
	       ", waiting %" JSON_INTEGER_FORMAT ", asking %" JSON_INTEGER_FORMAT ")",
	       ctl_integer(event, "epoch"), ctl_integer(event, "owned"),
	       ctl_integer(event, "waiting"), ctl_integer(event, "asking"));
}

static void say_link(const json_t *event)
{
	say("%s: ", ctl_string(event, "dev"));
	if (!json_is_true(json_object_get(event, "present"))) {
		say("gone");
		return;
	}
	say(json_is_true(json_object_get(event, "carrier")) ? "link up" : "no link");
	printf(", MTU %" JSON_INTEGER_FORMAT " bytes", ctl_integer(event, "mtu"));
}

static void say_capture(const json_t *event)
{
	say("a capture has %s (%s)", ctl_string(event, "state"), ctl_string(event, "client"));
	if (!strcmp(ctl_string(event, "state"), "ended"))
		printf(": %" JSON_INTEGER_FORMAT " frames captured, %" JSON_INTEGER_FORMAT " not",
		       ctl_integer(event, "frames"), ctl_integer(event, "lost"));
}

static void say_lost(const json_t *event)
{
	printf("%" JSON_INTEGER_FORMAT " events are missing here: they arrived too fast",
	       ctl_integer(event, "count"));
}

static const struct {
	const char *event;
	void (*say)(const json_t *event);
} events[] = {
	{ "peer_state", say_peer_state },
	{ "repaired", say_repaired },
	{ "tap_repaired", say_tap_repaired },
	{ "spoofed", say_spoofed },
	{ "conflict", say_conflict },
	{ "echo", say_echo },
	{ "reload", say_reload },
	{ "link", say_link },
	{ "shares", say_shares },
	{ "capture", say_capture },
	{ "lost", say_lost },
};

/* For an event that this program does not know, only its name is printed. */
static void print_event(const json_t *event)
{
	const char *name = ctl_string(event, "event");
	size_t i, count = sizeof(events) / sizeof(events[0]);

	print_time(ctl_string(event, "ts"));
	putchar(' ');
	for (i = 0; i < count && strcmp(events[i].event, name) != 0; i++)
		;
	if (i < count)
		events[i].say(event);
	else
		say("%s", name);
	putchar('\n');
}

/* False: the line is not an event, but a refusal or no JSON. */
static bool print_line(const char *line, bool json)
{
	json_t *event = json_loads(line, 0, NULL);
	bool is_event = json_object_get(event, "event");

	if (!event)
		fputs("clusterarpctl: the daemon's answer is not JSON\n", stderr);
	else if (json)
		ctl_print_json(event);
	else if (is_event)
		print_event(event);
	if (!is_event)
		ctl_is_refused(event);
	json_decref(event);
	return is_event;
}

/* -1: success, continue; else the exit status. */
static int print_lines(struct ctl_answer *a, bool json)
{
	bool is_event = true;
	char *line;

	while (is_event && (line = ctl_take_line(a, false))) {
		is_event = print_line(line, json);
		free(line);
	}
	if (fflush(stdout) || ferror(stdout)) {
		if (errno == EPIPE || errno == EINTR)
			return EXIT_ANSWERED;
		fprintf(stderr, "clusterarpctl: cannot write: %s\n", strerror(errno));
		return EXIT_REFUSED;
	}
	return is_event ? -1 : EXIT_REFUSED;
}

int ctl_monitor_run(const struct ctl_options *o)
{
	bool json = ctl_option(o, CTL_JSON);
	json_t *request = ctl_must(json_pack("{s:s}", "command", "monitor"));
	struct ctl_answer a;
	int rc = -1;

	ctl_stream_init();
	if (!ctl_open(&a, o->socket, request))
		rc = ctl_no_daemon(o->socket);
	json_decref(request);
	if (rc >= 0)
		return rc;
	while (rc < 0 && ctl_wait(&a, STDOUT_FILENO) == CTL_BYTES)
		rc = ctl_fill(&a) > 0 ? print_lines(&a, json) : ctl_daemon_ended();
	ctl_close(&a);
	return rc < 0 ? EXIT_ANSWERED : rc;
}
