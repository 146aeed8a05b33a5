/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_event: the event `shares`: what this node does with its share has changed. */
#ifndef CLUSTERARPD_REPORT_SHARE_EVENT_H
#define CLUSTERARPD_REPORT_SHARE_EVENT_H

#include <stddef.h>

#include "report/event_feed.h"
#include "report/report_shares.h"

/* `change`: "order", "taken", "no_lease", "lease", "wish" or "asked", see clusterarpctl(8). `self`:
 * the index of this node in `shares`. */
void share_event_emit(struct event_feed *feed, const char *change,
		      const struct report_shares *shares, size_t self);

#endif
