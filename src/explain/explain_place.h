/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_place: where a frame was captured, and which way it went: which rules were to come, or
 * had been there.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_PLACE_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_PLACE_H

#include "core/peers.h"
#include "core/rewrite.h"
#include "explain/explain_blocks.h"
#include "explain/explain_side.h"

enum explain_way {
	EXPLAIN_TAP_OUT,  /* at the TAP, as the stack sends it: before the egress rules */
	EXPLAIN_WIRE_OUT, /* on the wire, as this node sends it: after them */
	EXPLAIN_WIRE_IN,  /* on the wire, as it arrives: before the ingress rules */
	EXPLAIN_TAP_IN,   /* at the TAP, as the stack gets it: after them */
};

/* What tells the side. */
enum explain_basis {
	EXPLAIN_BY_OPTION,    /* --side */
	EXPLAIN_BY_INTERFACE, /* its name in the file */
	EXPLAIN_BY_MACS,
};

struct explain_place {
	enum explain_way way;
	enum explain_basis basis;
};

/* `result`: of rewrite_frame() for the frame; only its keys count, which are the same both ways. */
struct explain_place explain_place(const struct peers *peers, const struct rewrite_result *result,
				   const struct explain_origin *origin, enum explain_side side);

/* Two lines of the table of ways: "tap_out", "at the TAP, from the stack". */
const char *explain_place_name(enum explain_way way);
const char *explain_place_text(enum explain_way way);

#endif
