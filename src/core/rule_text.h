/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_text: what was done with a frame, in words: the comments of a capture (SPEC 7).
 */
#ifndef CLUSTERARPD_CORE_RULE_TEXT_H
#define CLUSTERARPD_CORE_RULE_TEXT_H

#include "core/rewrite.h"

#define RULE_TEXT 32

/* `dropped: REASON`; or the numbers of the rules that have rewritten the frame, as `E1, E2`; NULL:
 * it is as it was. Neighbour Discovery is told by the number of its own rule, E5 or I9. Of `result`
 * the verdict counts, and of resolution frames is_nd and peer. Returns `text`, or NULL. */
const char *rule_text(const struct rewrite_result *result, enum rewrite_direction direction,
		      char text[RULE_TEXT]);

#endif
