/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver: clusterarpd-corosync, assembled: corosync (cluster) and this node's daemon (host) tell
 * the engine (group) what happens, and carry out what it decides.
 */
#ifndef CLUSTERARPD_COROSYNC_DRIVER_H
#define CLUSTERARPD_COROSYNC_DRIVER_H

#include <stdbool.h>

struct driver_options {
	const char *socket; /* path, of the daemon's control socket */
	const char *group;  /* name of the group in CPG */
	bool serves_without_quorum;
};

/* Runs until SIGTERM or SIGINT, and leaves the group in order. False: the start, or the event loop,
 * failed. */
bool driver_run(const struct driver_options *options);

#endif
