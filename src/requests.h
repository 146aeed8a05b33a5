/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requests: what clients of the control socket ask, and who answers it.
 */
#ifndef CLUSTERARPD_REQUESTS_H
#define CLUSTERARPD_REQUESTS_H

#include "io/loop.h"
#include "neighbours.h"
#include "report.h"

struct requests;

/* What the daemon is and does now. */
typedef void requests_state(struct report_state *state, void *arg);

/* Listen at `path`; all else is borrowed. NULL after a log line. */
struct requests *requests_create(struct loop *loop, const char *path, struct neighbours *neighbours,
				 requests_state *state, void *arg);
void requests_destroy(struct requests *requests);

#endif
