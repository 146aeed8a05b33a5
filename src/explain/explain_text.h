/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_text: explanations for people, 80 columns wide. */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_TEXT_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_TEXT_H

#include <stdio.h>

#include "explain/explain_frame.h"

/* What has been printed. To be zeroed at the start. */
struct explain_totals {
	uint64_t frames, changed;
	uint64_t by_fate[EXPLAIN_GOT + 1];
	uint64_t drops[DROP_REASONS];
	int64_t start; /* the time of the first frame, ns */
};

/* Print one frame. */
void explain_text(FILE *out, const struct explain_cluster *cluster,
		  const struct explain_packet *packet, const struct explain_frame *frame,
		  struct explain_totals *totals);
/* Print the line of the totals. */
void explain_text_totals(FILE *out, const struct explain_totals *totals);

#endif
