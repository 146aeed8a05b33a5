/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event_feed: events as JSON objects, for any number of readers. Each reader has a bounded queue;
 * events for which there is no room are counted and reported by the event `lost`.
 */
#ifndef CLUSTERARPD_REPORT_EVENT_FEED_H
#define CLUSTERARPD_REPORT_EVENT_FEED_H

#include <jansson.h>
#include <stdbool.h>

struct event_feed;
struct event_feed_reader;

/* NULL: out of memory. */
struct event_feed *event_feed_create(void);
/* Every reader must have been destroyed before. */
void event_feed_destroy(struct event_feed *feed);

/* Is there a reader? If not, events need not be made. */
bool event_feed_is_watched(const struct event_feed *feed);
/* Queue `event` for all readers. `peer`: the node that it is about, or NULL. `fields`: the event's
 * own fields; the reference is taken. `fields` may be NULL (out of memory). */
void event_feed_emit(struct event_feed *feed, const char *event, const char *peer, json_t *fields);

/* `wake` is called when the empty queue gets an event. NULL: out of memory. */
struct event_feed_reader *event_feed_reader_create(struct event_feed *feed, void (*wake)(void *arg),
						   void *arg);
void event_feed_reader_destroy(struct event_feed_reader *reader);
/* The next event: one line with its newline, from malloc(). NULL: none for now. */
char *event_feed_reader_next(struct event_feed_reader *reader);

#endif
