/* SPDX-License-Identifier: GPL-2.0-or-later */
/* event_feed: events as JSON objects; see event_feed.h. */
#include "report/event_feed.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/report_line.h"

#define QUEUE 256 /* events */

struct event_feed_reader {
	struct event_feed *feed;
	struct event_feed_reader *next;
	char *lines[QUEUE];
	size_t first, count;
	uint64_t lost;
	void (*wake)(void *arg);
	void *arg;
};

struct event_feed {
	struct event_feed_reader *readers;
};

struct event_feed *event_feed_create(void)
{
	return calloc(1, sizeof(struct event_feed));
}

void event_feed_destroy(struct event_feed *feed)
{
	free(feed);
}

bool event_feed_is_watched(const struct event_feed *feed)
{
	return feed->readers;
}

/* RFC 3339, UTC. */
static json_t *time_json(void)
{
	struct timespec now;
	struct tm tm;
	char text[64];
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%06ldZ", now.tv_nsec / 1000);
	return json_string(text);
}

/* The event as one line, with its newline; takes the reference to `fields`. */
static char *line_of(const char *event, const char *peer, json_t *fields)
{
	json_t *root = json_pack("{s:i, s:o, s:s, s:o}", "schema_version", REPORT_SCHEMA_VERSION,
				 "ts", time_json(), "event", event, "peer",
				 peer ? json_string(peer) : json_null());
	char *line, *ended;

	json_object_update(root, fields);
	json_decref(fields);
	line = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!line || asprintf(&ended, "%s\n", line) < 0)
		ended = NULL;
	free(line);
	return ended;
}

/* `line` NULL: out of memory. */
static void append(struct event_feed_reader *r, const char *line)
{
	char *copy = line && r->count < QUEUE && !r->lost ? strdup(line) : NULL;

	if (!copy) { /* queue nothing more until the reader has got the event `lost` */
		r->lost++;
		if (!r->count)
			r->wake(r->arg);
		return;
	}
	r->lines[(r->first + r->count++) % QUEUE] = copy;
	if (r->count == 1)
		r->wake(r->arg);
}

void event_feed_emit(struct event_feed *feed, const char *event, const char *peer, json_t *fields)
{
	char *line;

	if (!feed->readers) {
		json_decref(fields);
		return;
	}
	line = line_of(event, peer, fields);
	for (struct event_feed_reader *r = feed->readers; r; r = r->next)
		append(r, line);
	free(line);
}

struct event_feed_reader *event_feed_reader_create(struct event_feed *feed, void (*wake)(void *arg),
						   void *arg)
{
	struct event_feed_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct event_feed_reader){
		.feed = feed, .next = feed->readers, .wake = wake, .arg = arg
	};
	feed->readers = r;
	return r;
}

void event_feed_reader_destroy(struct event_feed_reader *r)
{
	struct event_feed_reader **place;

	if (!r)
		return;
	for (place = &r->feed->readers; *place != r; place = &(*place)->next)
		;
	*place = r->next;
	while (r->count--)
		free(r->lines[(r->first + r->count) % QUEUE]);
	free(r);
}

char *event_feed_reader_next(struct event_feed_reader *r)
{
	char *line;

	if (r->count) {
		line = r->lines[r->first];
		r->first = (r->first + 1) % QUEUE;
		r->count--;
		return line;
	}
	if (!r->lost)
		return NULL;
	line = line_of("lost", NULL, json_pack("{s:I}", "count", (json_int_t)r->lost));
	if (line)
		r->lost = 0;
	return line;
}
