/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reload: the file read again, compared, and put into effect whole or not at all.
 */
#ifndef CLUSTERARPD_DAEMON_RELOAD_H
#define CLUSTERARPD_DAEMON_RELOAD_H

#include <jansson.h>

#include "config/config_diff.h"
#include "core/peers.h"
#include "daemon/load.h"

/* A reload that is prepared. */
struct reload {
	const char *path;
	struct config_report report;
	struct config_diff diff;
	struct config *config; /* what the file says; NULL: it is not to be had */
	struct peers *peers;   /* made of it */
	bool is_possible;
	bool is_applied; /* the caller's to say */
};

/* Read and compare with what `peers` were made of. */
void reload_prepare(struct reload *reload, const struct load *load, const struct peers *peers);
/* The peers that were exchanged for those in *reload go with it. */
void reload_clear(struct reload *reload);

/* What came of it: a line of the control protocol, from malloc(); NULL: no memory. */
char *reload_answer(const struct reload *reload);
/* Lines in the log. */
void reload_log(const struct reload *reload);
/* The event for those who monitor. */
json_t *reload_event(const struct reload *reload);

#endif
