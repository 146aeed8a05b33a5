/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_rules: which of the rules (core/rules.h) decide about a frame.
 *
 * It asks the same functions as rules_egress() and rules_ingress() do, in the same order, and keeps
 * which one has said what. A test compares the results of both for all kinds of frames.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_RULES_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "core/rewrite.h"

enum explain_rule {
	EXPLAIN_LINK_LOCAL, /* SPEC 5; has no number */
	EXPLAIN_E1,
	EXPLAIN_E2,
	EXPLAIN_E2B,
	EXPLAIN_E3,
	EXPLAIN_E4,
	EXPLAIN_E5,
	EXPLAIN_I1,
	EXPLAIN_I3,
	EXPLAIN_I4,
	EXPLAIN_I10,
	EXPLAIN_I7,
	EXPLAIN_I8,
	EXPLAIN_I5,
	EXPLAIN_I2,
	EXPLAIN_TOO_DEEP, /* has no number */
	EXPLAIN_I6,
	EXPLAIN_RULES
};

/* A rule that applies to a frame, and what it says: it drops, edits, or only lets pass. */
struct explain_hit {
	enum explain_rule rule;
	uint8_t drop;   /* enum drop_reason */
	uint16_t edits; /* enum rule_edit */
};

/* In the order in which they were asked. If the last one drops, only that counts. */
struct explain_hits {
	struct explain_hit list[EXPLAIN_RULES];
	size_t count;
};

void explain_rules(const struct rule_keys *keys, enum rewrite_direction direction,
		   struct explain_hits *hits);
/* What the rules say together. */
struct rule_verdict explain_rules_verdict(const struct explain_hits *hits);
/* "E2b"; "-": the rule has no number. */
const char *explain_rules_name(enum explain_rule rule);

#endif
