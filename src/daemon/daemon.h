/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon: brings the modules together, runs them, and takes everything down again.
 */
#ifndef CLUSTERARPD_DAEMON_DAEMON_H
#define CLUSTERARPD_DAEMON_DAEMON_H

#include "config/config.h"
#include "daemon/load.h"

struct daemon_options {
	const char *socket; /* path of the control socket; records are kept next to it */
	struct load load;   /* for reloads, with an absolute path */
	/* Called once the daemon is ready; a value other than 0 ends the run. */
	int (*ready)(void *arg);
	void *arg;
};

/* Run as `self`, a node of `config` (which a reload may change), until SIGTERM or SIGINT. EXIT_WELL
 * after a clean stop, else EXIT_RUNTIME after a log line. */
int daemon_run(struct config *config, const struct config_node *self,
	       const struct daemon_options *options);

#endif
