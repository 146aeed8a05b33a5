/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_json: explanations as one JSON object with a list of frames. They are printed one by one,
 * so that a capture may be of any length.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_JSON_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_JSON_H

#include <stdio.h>

#include "explain/explain_frame.h"

/* The start of the object: the name of the capture, and the node. */
void explain_json_begin(FILE *out, const struct explain_cluster *cluster, const char *file);
/* One frame; `number` from 1. False: out of memory. */
bool explain_json(FILE *out, const struct explain_cluster *cluster,
		  const struct explain_packet *packet, const struct explain_frame *frame,
		  uint64_t number);
/* In place of all of it: why there is nothing to explain. `line` of `file`; 0: about all of it. */
void explain_json_refused(FILE *out, const char *message, const char *file, unsigned line);
/* The end. `error`: why the capture ended, or NULL. */
void explain_json_end(FILE *out, const char *error);

#endif
