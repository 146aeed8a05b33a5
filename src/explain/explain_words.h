/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_words: the sentences about rules and verdicts, in the words of clusterarpd(7). */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_WORDS_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_WORDS_H

#include "explain/explain_frame.h"

/* The longest one. */
#define EXPLAIN_WORDS_SIZE 512

/* Why a rule applies to the frame, and what it does. Into buf, which it returns. */
char *explain_words_rule(const struct explain_cluster *cluster, const struct explain_frame *frame,
			 const struct explain_hit *hit, char buf[EXPLAIN_WORDS_SIZE]);
/* What becomes of the frame: "passes to the stack, unchanged". Likewise. */
char *explain_words_fate(const struct explain_packet *packet, const struct explain_frame *frame,
			 char buf[EXPLAIN_WORDS_SIZE]);
/* The same as one word: "passes", "dropped", … */
const char *explain_words_verdict(enum explain_fate fate);
/* How the side was found: "by its MACs". */
const char *explain_words_basis(enum explain_basis basis);

#endif
