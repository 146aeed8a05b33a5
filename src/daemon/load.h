/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: the configuration's file, read for the node that this host is: at the start, by
 * --test, and again for a reload.
 */
#ifndef CLUSTERARPD_DAEMON_LOAD_H
#define CLUSTERARPD_DAEMON_LOAD_H

#include "config/config.h"
#include "config/config_report.h"

/* What to load. */
struct load {
	const char *path;
	const char *node; /* by --node; NULL: by host name */
	bool is_test;     /* a host that is no node of it is only warned of */
	bool is_reload;   /* the daemon runs: nothing that can keep it waiting */
};

/* The configuration (free with config_free()) and, in *self, the node; everything that is
 * to be said goes into `report`. NULL: it cannot be read; report->errors: it cannot be used. */
struct config *load_config(const struct load *load, struct config_report *report,
			   const struct config_node **self);

#endif
