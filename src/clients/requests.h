/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requests: what clients of the control socket ask, and who answers it.
 */
#ifndef CLUSTERARPD_CLIENTS_REQUESTS_H
#define CLUSTERARPD_CLIENTS_REQUESTS_H

#include "clients/streams.h"
#include "io/loop.h"
#include "report/report.h"
#include "tap/neighbours.h"

struct requests;

/* The daemon, as far as clients ask it. */
struct requests_ops {
	void (*state)(struct report_state *state, void *arg); /* what it is and does now */
	char *(*reload)(bool is_dry_run, void *arg); /* answers with a line; see reload.h */
	void *arg;
};

/* Listen at `path`; all else is borrowed. NULL after a log line. */
struct requests *requests_create(struct loop *loop, const char *path,
				 const struct requests_ops *ops, const struct peers *peers,
				 struct neighbours *neighbours, struct streams *streams);
void requests_destroy(struct requests *requests);

#endif
