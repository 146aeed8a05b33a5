/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liveness: which peers answer (SPEC 12). Each peer is asked once per interval, but all of them
 * together at most LIVENESS_RATE times a second; one that leaves LIVENESS_PATIENCE questions in a
 * row unanswered is mute, and one that answers, or is heard otherwise, is alive. ARP and Neighbour
 * Discovery of its own do not count as heard: they also come from a peer that nothing reaches.
 *
 * Time comes in and questions go out: this module has no clock and no socket. What it knows of a
 * peer is in the peer itself (struct peer_liveness), so that it outlives a reload.
 *
 * The questions are spread over the interval, in the order of the file. An answer is waited for
 * for 0.4 of an interval, so that a peer is mute at most 3.4 intervals after its last answer.
 */
#ifndef CLUSTERARPD_CORE_LIVENESS_H
#define CLUSTERARPD_CORE_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/peers.h"

#define LIVENESS_RATE     100 /* questions a second */
#define LIVENESS_PATIENCE 3   /* questions */
#define LIVENESS_NEVER    UINT64_MAX

enum liveness_asked {
	LIVENESS_ASKED,
	LIVENESS_LOST,    /* it could not be sent: it counts as unanswered */
	LIVENESS_NOT_NOW, /* there is no address to ask from: nothing is known of the peer */
};

struct liveness_ops {
	enum liveness_asked (*ask)(struct peer *peer, void *arg);
	/* Bring the peer's counters up to date. */
	void (*count)(struct peer *peer, void *arg);
	/* peer->liveness.life has changed. */
	void (*changed)(struct peer *peer, void *arg);
	void *arg;
};

struct liveness;

/* `peers` is borrowed. NULL: out of memory. */
struct liveness *liveness_create(const struct peers *peers, const struct liveness_ops *ops);
/* NULL is allowed. */
void liveness_destroy(struct liveness *liveness);
/* The configuration was replaced (peers_exchange()): other peers, another interval. Run it next. */
void liveness_reload(struct liveness *liveness);

/* Ask whom it is time to ask, and judge whose answer is overdue. `now`: monotonic ms; `now_us`: the
 * same in us. Returns when to call again, or LIVENESS_NEVER. */
uint64_t liveness_run(struct liveness *liveness, uint64_t now, uint64_t now_us);
/* The peer has answered somebody. True: probably this module, which waits for an answer. */
bool liveness_answered(struct liveness *liveness, struct peer *peer, uint64_t now, uint64_t now_us);

/* When the peer was heard last: by its answers, and by its counter, which must be up to date:
 * frames since the last look count as heard now. Monotonic ms; 0: never, or liveness is off. */
uint64_t liveness_heard(struct peer *peer, uint64_t now);

#endif
