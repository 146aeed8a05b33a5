/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clusterarpctl: sends a request to the daemon over its control socket, and prints the answer: as
 * text, or with -j as JSON.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"
#include "ctl/common/ctl_ask.h"
#include "ctl/ctl_capture.h"
#include "ctl/ctl_config.h"
#include "ctl/ctl_counters.h"
#include "ctl/ctl_monitor.h"
#include "ctl/ctl_neigh.h"
#include "ctl/ctl_peers.h"
#include "ctl/ctl_shares.h"
#include "ctl/ctl_status.h"
#include "ctl/common/ctl_text.h"

#define MEASURE_NS 500000000 /* the time over which status measures the traffic */

struct options {
	char socket[CTL_PATH_SIZE];
	const struct command *command;
	const char *level, *file;
	json_int_t count, snaplen; /* snaplen 0: not given */
	bool json, has_count, is_trial, has_shares_option;
	struct ctl_shares shares;
};

/* A command of clusterarpctl. */
struct command {
	const char *name;
	int (*run)(const struct options *options);
	void (*print)(const json_t *answer); /* prints the answer as text; for ask_and_print() */
};

static const char usage[] =
	"Usage: clusterarpctl [OPTION]... [COMMAND]\n"
	"Query and control a running clusterarpd.\n"
	"\n"
	"  status           overview of node, link, peers and drops (the default)\n"
	"  peers            the other nodes, and the traffic to and from each\n"
	"  neigh            the TAP's neighbour table, as the daemon knows it\n"
	"  counters         frames, bytes, and drops by reason\n"
	"  config           the configuration in effect, in the syntax of its file\n"
	"  reload           read the configuration file again\n"
	"  monitor          print events as they happen\n"
	"  capture          write frames, before and after rewriting, as pcapng\n"
	"  metrics          print the metrics for Prometheus\n"
	"  shares ...       which node answers which client (see below)\n"
	"  log-level LEVEL  set the least severe level that is logged: error, warning,\n"
	"                   notice, info or debug\n"
	"  version          print the versions of this program and of the daemon\n"
	"\n"
	"  shares                     nodes, their states, shares and connections\n"
	"  shares of ADDRESS[:PORT]   which node this client belongs to, and why\n"
	"  shares drain [--wait SEC]  let this node take no new connections; wait until\n"
	"                             those that it has have ended\n"
	"  shares resume              end this, and the effect of weight\n"
	"  shares weight N            let this node have another weight, from 0 to 100\n"
	"  shares set --epoch E --ttl SEC|forever NODE[=WEIGHT]... [--dead NODE]...\n"
	"                             for drivers: these nodes share the clients\n"
	"  shares released --epoch E [--asking] NODE...\n"
	"                             for drivers: these nodes have released the epoch;\n"
	"                             and still serve connections that they had before\n"
	"\n"
	"  -s, --socket PATH    control socket (default: " DEFAULT_SOCKET ")\n"
	"  -i, --instance NAME  control socket of clusterarpd@NAME\n"
	"  -j, --json           print JSON (not with capture)\n"
	"      --dry-run        reload: only show what would change\n"
	"  -w, --write FILE     capture: write to this file, not to standard output\n"
	"      --count N        capture: stop after N frames\n"
	"      --snaplen N      capture: keep N bytes of each frame, 64 to 262144\n"
	"                       (default: 256)\n"
	"  -V, --version        print the version and exit\n"
	"  -h, --help           print this and exit\n"
	"\n"
	"Exit status: 0 success, 1 refused, 2 usage, 3 no daemon.\n";

enum { OPTION_DRY_RUN = 256, OPTION_COUNT, OPTION_SNAPLEN, OPTION_SHARES };

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "instance", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "write", required_argument, NULL, 'w' },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "snaplen", required_argument, NULL, OPTION_SNAPLEN },
	{ "wait", required_argument, NULL, OPTION_SHARES + CTL_SHARES_WAIT },
	{ "epoch", required_argument, NULL, OPTION_SHARES + CTL_SHARES_EPOCH },
	{ "ttl", required_argument, NULL, OPTION_SHARES + CTL_SHARES_TTL },
	{ "dead", required_argument, NULL, OPTION_SHARES + CTL_SHARES_DEAD },
	{ "asking", no_argument, NULL, OPTION_SHARES + CTL_SHARES_ASKING },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* The answer; NULL: there is none, and the reason was printed to stderr. */
static json_t *ask(const struct options *o, const char *command)
{
	json_t *request = ctl_must(json_pack("{s:s}", "command", command)), *answer;

	if (!strcmp(command, "log-level"))
		json_object_set_new(request, "level", json_string(o->level));
	if (!strcmp(command, "reload"))
		json_object_set_new(request, "dry_run", json_boolean(o->is_trial));
	answer = ctl_ask(o->socket, request);
	json_decref(request);
	if (!answer)
		ctl_no_daemon(o->socket);
	return answer;
}

static int ask_and_print(const struct options *o)
{
	json_t *answer = ask(o, o->command->name);
	bool is_refused;

	if (!answer)
		return EXIT_NO_DAEMON;
	if (o->json)
		ctl_print_json(answer);
	is_refused = ctl_is_refused(answer);
	if (!o->json && !is_refused)
		o->command->print(answer);
	json_decref(answer);
	return is_refused ? EXIT_REFUSED : EXIT_ANSWERED;
}

static int run_version(const struct options *o)
{
	json_t *answer;

	if (o->json)
		return ask_and_print(o);
	puts("clusterarpctl " PACKAGE_VERSION);
	answer = ask(o, "version");
	if (!answer)
		return EXIT_NO_DAEMON;
	if (ctl_is_refused(answer)) {
		json_decref(answer);
		return EXIT_REFUSED;
	}
	fputs("clusterarpd ", stdout);
	ctl_put_clean(stdout, ctl_string(answer, "version"), false);
	putchar('\n');
	json_decref(answer);
	return EXIT_ANSWERED;
}

static int run_reload(const struct options *o)
{
	json_t *answer = ask(o, "reload");
	int rc = EXIT_ANSWERED;

	if (!answer)
		return EXIT_NO_DAEMON;
	if (o->json)
		ctl_print_json(answer);
	else if (!ctl_print_reload(answer, o->is_trial))
		rc = EXIT_REFUSED;
	if (ctl_is_refused(answer))
		rc = EXIT_REFUSED;
	json_decref(answer);
	return rc;
}

static int run_monitor(const struct options *o)
{
	return ctl_monitor(o->socket, o->json);
}

static int run_capture(const struct options *o)
{
	const struct ctl_capture job = {
		.path = o->socket,
		.file = o->file,
		.count = o->count,
		.snaplen = o->snaplen ? o->snaplen : CTL_SNAPLEN_DEFAULT,
	};

	return ctl_capture(&job);
}

static int run_shares(const struct options *o)
{
	return ctl_shares_run(&o->shares);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *const status_parts[] = { "peers", "status", "counters", "peers" };

#define STATUS_PARTS (sizeof(status_parts) / sizeof(status_parts[0]))

/* Ask for the parts of status. The first and the last one are `peers`, *seconds apart, so that
 * rates can be computed. Returns the exit status. */
static int ask_status(const struct options *o, json_t *answers[STATUS_PARTS], double *seconds)
{
	const struct timespec pause = { .tv_nsec = MEASURE_NS };
	size_t i;

	for (i = 0; i < STATUS_PARTS; i++) {
		if (i == STATUS_PARTS - 1)
			nanosleep(&pause, NULL);
		answers[i] = ask(o, status_parts[i]);
		if (!answers[i])
			return EXIT_NO_DAEMON;
		if (ctl_is_refused(answers[i]))
			return EXIT_REFUSED;
		*seconds = i ? *seconds : -now();
	}
	*seconds += now();
	return EXIT_ANSWERED;
}

static int run_status(const struct options *o)
{
	json_t *answers[STATUS_PARTS] = { NULL };
	struct ctl_status status = { 0 };
	size_t i;
	int rc;

	if (o->json)
		return ask_and_print(o);
	rc = ask_status(o, answers, &status.seconds);
	status.peers_before = answers[0];
	status.status = answers[1];
	status.counters = answers[2];
	status.peers = answers[3];
	if (rc == EXIT_ANSWERED)
		ctl_print_status(&status);
	for (i = 0; i < STATUS_PARTS; i++)
		json_decref(answers[i]);
	return rc;
}

static const struct command commands[] = {
	{ "status", run_status, NULL },
	{ "peers", ask_and_print, ctl_print_peers },
	{ "neigh", ask_and_print, ctl_print_neigh },
	{ "counters", ask_and_print, ctl_print_counters },
	{ "config", ask_and_print, ctl_print_config },
	{ "reload", run_reload, NULL },
	{ "monitor", run_monitor, NULL },
	{ "capture", run_capture, NULL },
	{ "metrics", ask_and_print, ctl_print_metrics },
	{ "shares", run_shares, NULL },
	{ "log-level", ask_and_print, ctl_print_log_level },
	{ "version", run_version, NULL },
};

static int usage_error(const char *what, const char *value)
{
	if (what)
		fprintf(stderr, "clusterarpctl: %s '%s'\n", what, value);
	fputs("Try 'clusterarpctl --help'.\n", stderr);
	return EXIT_USAGE;
}

static int set_socket(struct options *o, const char *format, const char *value)
{
	int n = snprintf(o->socket, sizeof(o->socket), format, value);

	if (n < 0 || (size_t)n >= sizeof(o->socket))
		return usage_error("path too long:", value);
	return -1;
}

static int set_count(struct options *o, const char *value)
{
	if (!*value || strspn(value, "0123456789") != strlen(value) || strlen(value) > 18)
		return usage_error("--count needs a number of frames, not", value);
	o->count = strtoll(value, NULL, 10);
	o->has_count = true;
	return -1;
}

static int set_snaplen(struct options *o, const char *value)
{
	bool is_number = *value && strspn(value, "0123456789") == strlen(value);

	o->snaplen = is_number && strlen(value) < 10 ? strtoll(value, NULL, 10) : 0;
	if (o->snaplen < CTL_SNAPLEN_MIN || o->snaplen > CTL_SNAPLEN_MAX)
		return usage_error("--snaplen needs a number from 64 to 262144, not", value);
	return -1;
}

/* An option of shares, which has the number `option` there. */
static int take_shares(int option, struct options *o)
{
	if (option < 0 || option >= CTL_SHARES_OPTIONS ||
	    !ctl_shares_take(&o->shares, (enum ctl_shares_option)option, optarg ? optarg : ""))
		return usage_error(NULL, NULL);
	o->has_shares_option = true;
	return -1;
}

/* Apply one option. -1: continue; else the exit status. */
static int take(int option, struct options *o)
{
	switch (option) {
	case 's':
		return set_socket(o, "%s", optarg);
	case 'i':
		return set_socket(o, RUNTIME_DIR "/%s/control.sock", optarg);
	case 'j':
		o->json = true;
		return -1;
	case OPTION_DRY_RUN:
		o->is_trial = true;
		return -1;
	case 'w':
		o->file = optarg;
		return -1;
	case OPTION_COUNT:
		return set_count(o, optarg);
	case OPTION_SNAPLEN:
		return set_snaplen(o, optarg);
	case 'V':
		puts("clusterarpctl " PACKAGE_VERSION);
		return EXIT_ANSWERED;
	case 'h':
		fputs(usage, stdout);
		return EXIT_ANSWERED;
	default:
		return take_shares(option - OPTION_SHARES, o);
	}
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static int take_command(int argc, char **argv, struct options *o)
{
	const char *name = optind < argc ? argv[optind++] : commands[0].name;

	o->command = find_command(name);
	if (!o->command)
		return usage_error("unknown command", name);
	if (!strcmp(name, "log-level")) {
		if (optind == argc)
			return usage_error("a level is missing after", name);
		o->level = argv[optind++];
	}
	if (!strcmp(name, "shares")) {
		o->shares.words = argv + optind;
		o->shares.count = argc - optind;
		return -1;
	}
	return optind < argc ? usage_error("unexpected argument", argv[optind]) : -1;
}

/* The arguments and options of shares. -1: well; else the exit status. */
static int check_shares(struct options *o)
{
	o->shares.socket = o->socket;
	o->shares.json = o->json;
	return ctl_shares_check(&o->shares) ? -1 : usage_error(NULL, NULL);
}

/* Does each option apply to the command? -1: yes; else the exit status. */
static int check_options(struct options *o)
{
	bool is_capture = o->command->run == run_capture;

	if (o->file && !is_capture)
		return usage_error("--write does not apply to", o->command->name);
	if (o->has_count && !is_capture)
		return usage_error("--count does not apply to", o->command->name);
	if (o->snaplen && !is_capture)
		return usage_error("--snaplen does not apply to", o->command->name);
	if (o->is_trial && o->command->run != run_reload)
		return usage_error("--dry-run does not apply to", o->command->name);
	if (o->json && is_capture)
		return usage_error("--json does not apply to", o->command->name);
	if (o->command->run == run_shares)
		return check_shares(o);
	if (o->has_shares_option)
		return usage_error("--wait, --epoch, --ttl, --dead and --asking do not apply to",
				   o->command->name);
	return -1;
}

static int parse(int argc, char **argv, struct options *o)
{
	int option, rc = set_socket(o, "%s", DEFAULT_SOCKET);

	while (rc < 0 && (option = getopt_long(argc, argv, "s:i:jw:Vh", long_options, NULL)) != -1)
		rc = take(option, o);
	if (rc < 0)
		rc = take_command(argc, argv, o);
	return rc < 0 ? check_options(o) : rc;
}

/* monitor and capture run until they are stopped, and check their output themselves. */
static bool is_stream(const struct command *command)
{
	return command && (command->run == run_monitor || command->run == run_capture);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int rc = parse(argc, argv, &o);

	ctl_colour_init();
	if (rc < 0)
		rc = o.command->run(&o);
	ctl_shares_free(&o.shares);
	if (is_stream(o.command) || (!fflush(stdout) && !ferror(stdout)))
		return rc;
	fprintf(stderr, "clusterarpctl: cannot write: %s\n", strerror(errno));
	return EXIT_REFUSED;
}
