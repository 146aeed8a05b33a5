/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_summary: what a frame is, in a few words, as tcpdump puts it. */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_SUMMARY_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "core/peers.h"

#define EXPLAIN_SUMMARY_SIZE 192

/* Into buf, which it returns. `len` bytes of the frame were captured; printable ASCII only. The
 * frame is not changed. */
char *explain_summary(uint8_t *frame, size_t len, char buf[EXPLAIN_SUMMARY_SIZE]);

/* Whose MAC it is: "cluster", "self", a node's name (perhaps cut), "broadcast", "multicast",
 * "link-local"; "": another host's. Into buf, which it returns. */
#define EXPLAIN_LABEL_SIZE 20
char *explain_summary_label(const struct peers *peers, const struct mac *mac,
			    char buf[EXPLAIN_LABEL_SIZE]);

#endif
