/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan: in which buckets this host has TCP connections to cluster addresses, and how many: its
 * sockets, then what connection tracking forwards. It reads them in steps, in the event loop.
 */
#ifndef CLUSTERARPD_SHARES_SCAN_H
#define CLUSTERARPD_SHARES_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/flow.h"
#include "core/peers.h"
#include "io/loop.h"

struct scan;

struct scan_result {
	int error;               /* 0, or a negative errno: nothing else is set */
	uint64_t started, ended; /* ms: a connection that was made later may be missing */
	long established;        /* connections */
	/* A bit per bucket with a connection in any state: bit b % 8 of byte b / 8. */
	uint8_t has[SHARES_BUCKETS / 8];
};

struct scan_handlers {
	/* A connection that destination NAT forwards: it has no socket. */
	void (*forwarded)(const struct flow_tuple *connection, unsigned bucket, void *arg);
	/* At the end of each scan; the result is borrowed for the call. */
	void (*done)(const struct scan_result *result, void *arg);
	void *arg;
};

/* `peers` is borrowed. NULL: out of memory. */
struct scan *scan_create(struct loop *loop, const struct peers *peers,
			 const struct scan_handlers *handlers);
/* NULL is allowed. */
void scan_destroy(struct scan *scan);

/* Begin a scan; one that goes on ends without a call of done(). False: it cannot, and done() has
 * been called with the error. */
bool scan_start(struct scan *scan, const struct shares_key *key, enum config_affinity affinity);
/* End it without a call of done(). */
void scan_stop(struct scan *scan);
bool scan_is_running(const struct scan *scan);

#endif
