/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: the command line of clusterarpd-corosync (SPEC 11).
 */
#ifndef CLUSTERARPD_COROSYNC_OPTIONS_H
#define CLUSTERARPD_COROSYNC_OPTIONS_H

#include <stdbool.h>

/* Exit codes, as in SPEC 7. */
enum exit_code { EXIT_WELL = 0, EXIT_CONFIG = 1, EXIT_USAGE = 2, EXIT_RUNTIME = 3 };

struct options {
	const char *config; /* file; "-": standard input */
	const char *node;   /* NULL: the host name */
	const char *socket; /* path, of the daemon's control socket */
	bool test;
	unsigned verbose;
};

/* Parse the command line. The strings in *out belong to argv. -1: continue with *out; else the exit
 * code, after help, version or a usage error was printed. */
int options_parse(int argc, char **argv, struct options *out);

#endif
