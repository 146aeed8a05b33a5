/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sharing: which clients this node answers (SPEC 11): the shares of the configuration, or a
 * driver's orders, carried out. It owns the engine (core/shares/shares.h), its timers, and its
 * state on disk, and tells the data path what to do. With `shares = none` it exists, but refuses
 * everything.
 *
 * A change is written to disk first, then told to the data path, then answered, so that a crash at
 * any point forgets nothing that another node has been told.
 *
 * Functions that may refuse return 0 or a negative errno value; *why is then a line for the
 * operator, valid until the next call.
 */
#ifndef CLUSTERARPD_SHARES_SHARING_H
#define CLUSTERARPD_SHARES_SHARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "core/peers.h"
#include "io/loop.h"
#include "report/event_feed.h"
#include "report/problems.h"

struct sharing;
struct shares_path;   /* core/flow.h */
struct flow_tuple;    /* likewise */
struct report_shares; /* report/report_shares.h */

/* All borrowed. */
struct sharing_needs {
	struct loop *loop;
	const struct peers *peers;
	struct event_feed *feed;
	struct problems *problems;
	const char *socket; /* the control socket: the state is in a file next to it */
	/* Carry out *path from now on. It is borrowed for the call. */
	void (*publish)(const struct shares_path *path, void *arg);
	/* The host forwards this connection of a bucket that is asked: it has no socket. */
	void (*keep)(const struct flow_tuple *connection, void *arg);
	void *arg; /* for both */
};

/* Restores the state that an earlier run of the daemon left. NULL: no memory. */
struct sharing *sharing_create(const struct sharing_needs *needs);
/* `forget`: an orderly stop, after which this node holds nothing: removes the saved state. */
void sharing_destroy(struct sharing *s, bool forget);
/* Publish, for the first time: before the data path lets any frame pass. */
void sharing_start(struct sharing *s);
/* After peers_exchange(): names, weights, shares, affinity and the cluster MAC may differ. 0 or
 * -ENOMEM: nothing has changed. */
int sharing_reload(struct sharing *s);

/* What an order may say of a node in place of a weight. */
#define SHARING_LEFT (-1) /* does not take part, and has released everything */
#define SHARING_DEAD (-2) /* has stopped: no connections of it are left */

struct sharing_order {
	uint64_t epoch;     /* from 1 */
	double ttl;         /* s: 0.001 to SHARING_TTL_MAX; INFINITY: forever */
	const int *weights; /* of each node of the file: 0 to SHARES_WEIGHT_MAX, or see above */
	/* CLOCK_MONOTONIC, ms: the lease begins then, not when the daemon comes to read the order:
	 * another node may have the share by that time. 0, or later than now: now. */
	uint64_t sent;
};
#define SHARING_TTL_MAX 86400

/* A driver's order, or the same one again with a new lease. 0: it has been saved and is carried
 * out: this node has released its epoch. -EINVAL, -ESTALE, -EEXIST, -EOPNOTSUPP (shares is not
 * driven), -ENOMEM. */
int sharing_set(struct sharing *s, const struct sharing_order *order, const char **why);
struct sharing_release {
	const char *node;
	uint64_t epoch;
	/* It still serves connections of buckets that it has given up: whoever has them goes on
	 * minding it, for an hour from now. */
	bool is_asking;
};
/* What a node has released. -ENOENT: the file has no such node. -EINVAL: it is this node. */
int sharing_released(struct sharing *s, const struct sharing_release *release, const char **why);

/* What this node wants its weight to be; kept over restarts. It is the driver that carries it out,
 * by its next order. -EOPNOTSUPP, -EINVAL. */
#define SHARING_NO_WISH (-1) /* as in the file */
int sharing_wish(struct sharing *s, int weight, const char **why);

/* Whose a client is. */
struct sharing_of {
	unsigned bucket;
	const char *owner; /* NULL: nobody; borrowed until the next call */
	unsigned decision; /* of this node: enum shares_decision */
	bool is_waiting;   /* this node owns the bucket, but another may still be taking it */
};
/* `port`: 0 for none. -EOPNOTSUPP: shares = none. */
int sharing_of(struct sharing *s, const struct ip_addr *client, unsigned port,
	       struct sharing_of *out);

/* Count this node's connections now. done() is called once, from the event loop or before this
 * returns, also on failure; not after sharing_destroy(). */
void sharing_scan(struct sharing *s, void (*done)(void *arg), void *arg);
/* Forget the calls of done() with this `arg`: its owner goes away. */
void sharing_scan_cancel(struct sharing *s, void *arg);

/* Valid until the next call. NULL: shares = none. */
const struct report_shares *sharing_report(struct sharing *s);

#endif
