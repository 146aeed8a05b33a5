/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon: the wiring: brings the modules together, runs, and takes all down again.
 */
#ifndef CLUSTERARPD_DAEMON_DAEMON_H
#define CLUSTERARPD_DAEMON_DAEMON_H

#include "config/config.h"
#include "daemon/load.h"

struct daemon_options {
	const char *socket; /* path of the control socket; the record lies beside it */
	struct load load;   /* for a reload; an absolute path */
	/* Called once all is set; other than 0 ends the run. */
	int (*ready)(void *arg);
	void *arg;
};

/* Run as `self`, a node of `config` (which a reload may change), until SIGTERM or SIGINT. EXIT_WELL
 * after an orderly stop, else EXIT_RUNTIME after a log line. */
int daemon_run(struct config *config, const struct config_node *self,
	       const struct daemon_options *options);

#endif
