/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probes: the questions that the daemon asks the peers on its own, and their answers: it runs
 * liveness (core/liveness.h).
 *
 * An answer is kept from the stack, one for each question, so that the kernel's neighbour entry
 * stays what it would be without the daemon's questions. Nothing tells an answer to this question
 * from one to the stack's: if both are asked at the same time, either answer may be kept; the other
 * one is then passed.
 */
#ifndef CLUSTERARPD_PROBE_PROBES_H
#define CLUSTERARPD_PROBE_PROBES_H

#include <stdbool.h>

#include "core/peers.h"
#include "datapath/relay.h"
#include "io/loop.h"

struct probes;

/* What it needs; borrowed. */
struct probes_needs {
	struct loop *loop;
	const struct peers *peers;
	struct relay *relay;
	bool (*can_send)(void *arg);                        /* the NIC runs */
	void (*count)(struct peer *peer, void *arg);        /* bring its counters up to date */
	void (*life_changed)(struct peer *peer, void *arg); /* peer->liveness */
	void *arg;
};

/* Nothing is asked before probes_start(). NULL: out of memory. */
struct probes *probes_create(const struct probes_needs *needs);
/* NULL is allowed. */
void probes_destroy(struct probes *probes);
/* Begin to ask; or the configuration was replaced (peers_exchange()). */
void probes_start(struct probes *probes);

#endif
