/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: the daemon's state as JSON, in the shape of SPEC section 7.
 */
#ifndef CLUSTERARPD_REPORT_REPORT_H
#define CLUSTERARPD_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/counters.h"
#include "core/mirror.h"
#include "core/peers.h"

#define REPORT_SCHEMA_VERSION 1

/* What a report is made of; borrowed for the call. */
struct report_state {
	const struct peers *peers;
	const struct mirror *mirror;
	struct counters counters; /* all of them, those that others count included */
	const char *datapath;
	uint64_t now, started; /* monotonic ms */
	unsigned config_generation;
	uint64_t reloads;
	bool reload_ok;  /* the last */
	const char *dev; /* the NIC's name */
	bool carrier;
	unsigned mtu; /* of the NIC; 0 while it is not there */
};

/* The answer to a command, one line from malloc(): `status`, `peers`, `counters`, `config`,
 * `metrics` or `version`; to another one a refusal. NULL: no memory. */
char *report_answer(const char *command, const struct report_state *state);
/* The name of an interface, which may be of any bytes. */
json_t *report_name(const char *name);
/* The refusal of a request. */
char *report_refusal(const char *message);
/* `root` as a line, with its schema_version; it is taken over, and may be NULL for want of
 * memory. */
char *report_line(json_t *root);

/* The answer to `neigh` in pieces, for a table may be long: as it is when this is called.
 * NULL: no memory. */
struct report_neigh *report_neigh_create(const struct mirror *mirror);
void report_neigh_destroy(struct report_neigh *neigh);
/* The next piece, from malloc(); NULL: there is no more, or no memory. */
char *report_neigh_next(struct report_neigh *neigh, const struct peers *peers);

#endif
