/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options: the command line of clusterarpd-corosync; see options.h. */
#include "corosync/options.h"

#include <getopt.h>
#include <stdio.h>

#include "config.h"

static const char usage[] =
	"Usage: clusterarpd-corosync [OPTION]...\n"
	"Drive the shares of clusterarpd (shares = driven) by corosync's membership and quorum.\n"
	"\n"
	"  -c, --config FILE    configuration file of clusterarpd, - for standard input\n"
	"                       (default: " DEFAULT_CONFIG ")\n"
	"  -n, --node NODE      run as this node (default: the host name)\n"
	"  -s, --socket PATH    control socket of clusterarpd\n"
	"                       (default: " DEFAULT_SOCKET ")\n"
	"  -t, --test           check the configuration, also against corosync if it runs, and "
	"exit\n"
	"  -v, --verbose        log more; give it twice for debug messages\n"
	"  -V, --version        print the version and exit\n"
	"  -h, --help           print this and exit\n"
	"\n"
	"Exit status: 0 success, 1 configuration invalid, 2 usage, 3 runtime failure.\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' }, { "node", required_argument, NULL, 'n' },
	{ "socket", required_argument, NULL, 's' }, { "test", no_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },      { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
};

static int usage_error(void)
{
	fputs("Try 'clusterarpd-corosync --help'.\n", stderr);
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
	case 't':
		out->test = true;
		return -1;
	case 'v':
		out->verbose++;
		return -1;
	case 'V':
		puts("clusterarpd-corosync " PACKAGE_VERSION);
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
	while ((option = getopt_long(argc, argv, "c:n:s:tvVh", long_options, NULL)) != -1) {
		rc = take(option, out);
		if (rc >= 0)
			return rc;
	}
	if (!*out->config || !*out->socket) {
		fputs("clusterarpd-corosync: a path is empty\n", stderr);
		return usage_error();
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "clusterarpd-corosync: unexpected argument '%s'\n", argv[optind]);
	return usage_error();
}
