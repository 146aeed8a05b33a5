/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: reads the configuration file, and finds the node that this host is: at the start, for
 * --test, and for a reload.
 */
#ifndef CLUSTERARPD_DAEMON_LOAD_H
#define CLUSTERARPD_DAEMON_LOAD_H

#include "config/config.h"
#include "config/config_report.h"

/* What to load. */
struct load {
	const char *path; /* "-": standard input */
	const char *node; /* of --node; NULL: the host name */
	bool is_test;     /* --test: only warn if the file has no node of the host's name */
	bool is_reload;   /* the daemon runs: standard input has been read already */
};

/* Returns the configuration (free with config_free()), and in *self the node; adds errors and
 * warnings to `report`. NULL: the file cannot be read; report->errors: it cannot be used. */
struct config *load_config(const struct load *load, struct config_report *report,
			   const struct config_node **self);

#endif
