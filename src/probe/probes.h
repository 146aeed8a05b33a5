/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probes: the questions that the daemon asks the network on its own, and their answers: it runs
 * liveness (core/liveness.h) and the doctor (probe/doctor.h). While the doctor asks, liveness
 * rests.
 *
 * An answer to liveness is kept from the stack, one for each question, so that the kernel's
 * neighbour entry stays what it would be without these questions. Nothing tells an answer to this
 * question from one to the stack's: so if the stack has asked, too, and waits, the first answer is
 * for the stack.
 */
#ifndef CLUSTERARPD_PROBE_PROBES_H
#define CLUSTERARPD_PROBE_PROBES_H

#include "core/peers.h"
#include "probe/doctor.h"

struct probes;

/* What it needs; borrowed. */
struct probes_needs {
	struct doctor_needs network; /* whose `arg` is that of life_changed(), too */
	void (*life_changed)(struct peer *peer, void *arg); /* peer->liveness */
};

/* Nothing is asked before probes_start(). NULL: out of memory. */
struct probes *probes_create(const struct probes_needs *needs);
/* NULL is allowed. */
void probes_destroy(struct probes *probes);
/* Begin to ask; or the configuration was replaced (peers_exchange()). */
void probes_start(struct probes *probes);

struct doctor *probes_doctor(struct probes *probes);

#endif
