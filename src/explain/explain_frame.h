/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_frame: what the rules say about one frame, and what they change in it.
 *
 * Before the rules a frame is given to core/rewrite.h, as the daemon does. What this node has sent
 * already is given to the egress rules once more: they have nothing left to change, unless it was
 * not the daemon that sent it. What the stack gets is not judged again.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_FRAME_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_FRAME_H

#include "explain/explain_changes.h"
#include "explain/explain_cluster.h"
#include "explain/explain_place.h"
#include "explain/explain_rules.h"

/* A frame of a capture. */
struct explain_packet {
	const uint8_t *data; /* `captured` bytes */
	size_t captured;
	size_t len; /* of the frame */
	int64_t ns; /* its time, since 1970 */
	struct explain_origin origin;
};

enum explain_fate {
	EXPLAIN_PASSES,
	EXPLAIN_DROPPED,
	EXPLAIN_DEPENDS, /* passes if the daemon takes its bucket (shares = driven) */
	EXPLAIN_CUT,     /* too little of it was captured to tell */
	EXPLAIN_SENT,    /* it is as this node sends it */
	EXPLAIN_ODD,     /* this node has sent it, but not as the rules say */
	EXPLAIN_GOT,     /* it is as the stack gets it */
};

struct explain_frame {
	struct explain_place place;
	enum explain_fate fate;
	struct rewrite_result result; /* undefined if EXPLAIN_GOT, but for the keys */
	struct explain_hits hits;     /* none if EXPLAIN_GOT */
	struct explain_changes changes;
	/* private */
	uint8_t *before, *after; /* copies of the frame */
	size_t size;
};

/* Explain a frame. *out must be zeroed before the first call; each call replaces what the one
 * before has found. `ms`: its time, never backwards. False: out of memory. */
bool explain_frame(const struct explain_cluster *cluster, enum explain_side side,
		   const struct explain_packet *packet, uint64_t ms, struct explain_frame *out);
void explain_frame_free(struct explain_frame *out);

#endif
