/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options: the command line of clusterarpd; see options.h. */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>

#include "config.h"

static const char usage[] =
	"Usage: clusterarpd [OPTION]...\n"
	"Let cluster nodes that share one MAC address reach each other.\n"
	"\n"
	"  -c, --config FILE    configuration file, - for standard input\n"
	"                       (default: " DEFAULT_CONFIG ")\n"
	"  -n, --node NODE      run as this node (default: the host name)\n"
	"  -s, --socket PATH    control socket (default: " DEFAULT_SOCKET ")\n"
	"  -t, --test           check the configuration, print the resolved values, and exit\n"
	"  -D, --daemonize      go to the background once the daemon is ready\n"
	"  -p, --pid-file FILE  write the process ID to this file\n"
	"      --syslog         log to syslog instead of standard error\n"
	"  -v, --verbose        log more; give it twice for debug messages\n"
	"  -V, --version        print the version and exit\n"
	"  -h, --help           print this and exit\n"
	"\n"
	"Exit status: 0 success, 1 configuration invalid, 2 usage, 3 runtime failure.\n";

enum { OPTION_SYSLOG = 256 }; /* has no letter */

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "node", required_argument, NULL, 'n' },
	{ "socket", required_argument, NULL, 's' },
	{ "test", no_argument, NULL, 't' },
	{ "daemonize", no_argument, NULL, 'D' },
	{ "pid-file", required_argument, NULL, 'p' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "syslog", no_argument, NULL, OPTION_SYSLOG },
	{ NULL, 0, NULL, 0 },
};

static int usage_error(void)
{
	fputs("Try 'clusterarpd --help'.\n", stderr);
	return EXIT_USAGE;
}

/* Apply one option. -1: continue; else the exit code. */
static int take(int option, struct options *out)
{
	switch (option) {
	case 'c':
		out->config = optarg;
		return -1;
	case 'n':
		out->node = optarg;
		return -1;
	case 's':
		out->socket = optarg;
		return -1;
	case 'p':
		out->pid_file = optarg;
		return -1;
	case 't':
		out->test = true;
		return -1;
	case 'D':
		out->daemonize = true;
		return -1;
	case OPTION_SYSLOG:
		out->syslog = true;
		return -1;
	case 'v':
		out->verbose++;
		return -1;
	case 'V':
		puts("clusterarpd " PACKAGE_VERSION);
		return EXIT_WELL;
	case 'h':
		fputs(usage, stdout);
		return EXIT_WELL;
	default:
		return usage_error();
	}
}

int options_parse(int argc, char **argv, struct options *out)
{
	int option, rc;

	*out = (struct options){ .config = DEFAULT_CONFIG, .socket = DEFAULT_SOCKET };
	while ((option = getopt_long(argc, argv, "c:n:s:tDp:vVh", long_options, NULL)) != -1) {
		rc = take(option, out);
		if (rc >= 0)
			return rc;
	}
	if (!*out->config || !*out->socket || (out->pid_file && !*out->pid_file)) {
		fputs("clusterarpd: a path is empty\n", stderr);
		return usage_error();
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "clusterarpd: unexpected argument '%s'\n", argv[optind]);
	return usage_error();
}
