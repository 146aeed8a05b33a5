/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon: the wiring: brings the modules together, runs, and takes all down again.
 */
#ifndef CLUSTERARPD_DAEMON_H
#define CLUSTERARPD_DAEMON_H

#include "core/config.h"

struct daemon_options {
	const char *socket;  /* path of the control socket; the record lies beside it */
	void (*ready)(void); /* called once all is set */
};

/* Run as `self`, a node of `config`, until SIGTERM or SIGINT. EXIT_WELL after an orderly
 * stop, else EXIT_RUNTIME after a log line. */
int daemon_run(const struct config *config, const struct config_node *self,
	       const struct daemon_options *options);

#endif
