/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requests: answers the requests of clients of the control socket.
 */
#ifndef CLUSTERARPD_CLIENTS_REQUESTS_H
#define CLUSTERARPD_CLIENTS_REQUESTS_H

#include "clients/capturing.h"
#include "io/loop.h"
#include "probe/doctor.h"
#include "report/report.h"
#include "shares/sharing.h"
#include "tap/neighbours.h"

struct requests;

/* The daemon's functions for requests. */
struct requests_ops {
	void (*state)(struct report_state *state, void *arg); /* the present state */
	char *(*reload)(bool is_dry_run, void *arg); /* returns reload_answer(), see reload.h */
	void *arg;
};

/* What they are about; borrowed. */
struct requests_needs {
	const struct peers *peers;
	struct neighbours *neighbours;
	struct event_feed *feed;
	struct captures *captures;
	struct sharing *sharing;
	struct doctor *doctor;
};

/* Listen on `path`. All other arguments are borrowed. NULL after a log line. */
struct requests *requests_create(struct loop *loop, const char *path,
				 const struct requests_ops *ops,
				 const struct requests_needs *needs);
void requests_destroy(struct requests *requests);

#endif
