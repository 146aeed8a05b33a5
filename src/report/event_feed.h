/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_feed: what happens, as JSON objects, for whoever wants to read along. A reader has a
 * bounded queue; what finds no room there is counted, and told as the event `lost`.
 */
#ifndef CLUSTERARPD_REPORT_EVENT_FEED_H
#define CLUSTERARPD_REPORT_EVENT_FEED_H

#include <jansson.h>
#include <stdbool.h>

struct event_feed;
struct event_feed_reader;

/* NULL: out of memory. */
struct event_feed *event_feed_create(void);
/* Every reader must be gone. */
void event_feed_destroy(struct event_feed *feed);

/* Is there a reader? If not, an event need not be made at all. */
bool event_feed_is_watched(const struct event_feed *feed);
/* Something happened: `event` to the node `peer` (or NULL), with `fields` of its own, which
 * are taken over; NULL, for want of memory, is fine. */
void event_feed_emit(struct event_feed *feed, const char *event, const char *peer, json_t *fields);

/* `wake` is called when there is something to read where nothing was. NULL: out of memory. */
struct event_feed_reader *event_feed_reader_create(struct event_feed *feed, void (*wake)(void *arg),
						   void *arg);
void event_feed_reader_destroy(struct event_feed_reader *reader);
/* The next event: one line with its end, from malloc(); NULL: none for now. */
char *event_feed_reader_next(struct event_feed_reader *reader);

#endif
