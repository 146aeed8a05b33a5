/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain: tells of each frame of a capture which of the rules decides about it, and what the rules
 * change in it (SPEC 12). It needs no daemon: the configuration file says all that it knows.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_H

#include <stdbool.h>

#include "explain/explain_side.h"

struct explain {
	const char *file;       /* a capture, pcap or pcapng; "-": standard input */
	const char *config;     /* the configuration file; not "-" if `file` is */
	const char *node;       /* as which node; NULL: that of the host name */
	enum explain_side side; /* EXPLAIN_SIDE_UNKNOWN: each frame tells it */
	bool is_json;
};

/* Print the explanations to standard output, and to standard error why the capture or the
 * configuration cannot be read. Returns the exit status: 0, or 1. */
int explain(const struct explain *job);

#endif
