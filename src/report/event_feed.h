/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor: what happens, as JSON objects, for whoever wants to read along. A reader has a
 * bounded queue; what finds no room there is counted, and told as the event `lost`.
 */
#ifndef CLUSTERARPD_REPORT_EVENT_FEED_H
#define CLUSTERARPD_REPORT_EVENT_FEED_H

#include <jansson.h>
#include <stdbool.h>

struct monitor;
struct monitor_reader;

/* NULL: out of memory. */
struct monitor *monitor_create(void);
/* Every reader must be gone. */
void monitor_destroy(struct monitor *monitor);

/* Is there a reader? If not, an event need not be made at all. */
bool monitor_is_watched(const struct monitor *monitor);
/* Something happened: `event` to the node `peer` (or NULL), with `fields` of its own, which
 * are taken over; NULL, for want of memory, is fine. */
void monitor_emit(struct monitor *monitor, const char *event, const char *peer, json_t *fields);

/* `wake` is called when there is something to read where nothing was. NULL: out of memory. */
struct monitor_reader *monitor_reader_create(struct monitor *monitor, void (*wake)(void *arg),
					     void *arg);
void monitor_reader_destroy(struct monitor_reader *reader);
/* The next event: one line with its end, from malloc(); NULL: none for now. */
char *monitor_reader_next(struct monitor_reader *reader);

#endif
