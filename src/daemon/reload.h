/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reload: reads the configuration file again and compares it with the configuration in effect. The
 * caller applies it as a whole or not at all.
 */
#ifndef CLUSTERARPD_DAEMON_RELOAD_H
#define CLUSTERARPD_DAEMON_RELOAD_H

#include <jansson.h>

#include "config/config_diff.h"
#include "core/peers.h"
#include "daemon/load.h"

/* A prepared reload. */
struct reload {
	const char *path;
	struct config_report report;
	struct config_diff diff;
	struct config *config; /* read from the file; NULL: the file could not be read */
	struct peers *peers;   /* made from it; NULL: the reload is not possible */
	bool is_possible;
	bool is_applied; /* set by the caller */
};

/* Read the file, and compare it with the configuration of `peers`. */
void reload_prepare(struct reload *reload, const struct load *load, const struct peers *peers);
/* Frees everything in *reload; after an applied reload that includes the former peers and
 * configuration, which were exchanged for the new ones. */
void reload_clear(struct reload *reload);

/* The result as a line of the control protocol, from malloc(). NULL: out of memory. */
char *reload_answer(const struct reload *reload);
/* The result in one line, for `status`, from malloc(). NULL: out of memory. */
char *reload_summary(const struct reload *reload);
/* Log the result. */
void reload_log(const struct reload *reload);
/* The event for monitor clients. */
json_t *reload_event(const struct reload *reload);

#endif
