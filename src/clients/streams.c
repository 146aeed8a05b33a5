/* SPDX-License-Identifier: GPL-2.0-or-later */
/* streams: endless answers; see streams.h. */
#include "clients/streams.h"

#include <stdlib.h>
#include <string.h>

#include "report/capture.h"

#define PIECE_BYTES 65536

struct streams {
	struct event_feed *monitor;
	struct relay *relay;
	struct capturing *capturing; /* NULL: no capture is running */
};

struct monitoring {
	struct control_client *client;
	struct event_feed_reader *reader;
};

struct capturing {
	struct streams *streams;
	struct control_client *client;
	struct capture *capture;
	uint64_t left;         /* frames still to be captured; UINT64_MAX: no limit */
	uint64_t under_way[2]; /* captured frames that will go out; by enum rewrite_direction */
};

struct streams *streams_create(struct event_feed *monitor, struct relay *relay)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (s)
		*s = (struct streams){ .monitor = monitor, .relay = relay };
	return s;
}

void streams_destroy(struct streams *streams)
{
	free(streams);
}

/* --- monitor --- */

static enum control_next next_event(struct control_piece *piece, void *arg)
{
	struct monitoring *m = arg;
	char *line = event_feed_reader_next(m->reader);

	if (!line)
		return CONTROL_WAIT;
	*piece = (struct control_piece){ line, strlen(line) };
	return CONTROL_PIECE;
}

static void close_monitor(void *arg)
{
	struct monitoring *m = arg;

	event_feed_reader_destroy(m->reader);
	free(m);
}

static void wake_monitor(void *arg)
{
	struct monitoring *m = arg;

	control_wake(m->client);
}

const char *streams_monitor(struct streams *s, struct control_client *client)
{
	struct monitoring *m = calloc(1, sizeof(*m));

	if (!m)
		return "out of memory";
	m->client = client;
	m->reader = event_feed_reader_create(s->monitor, wake_monitor, m);
	if (!m->reader) {
		free(m);
		return "out of memory";
	}
	control_stream(client, &(struct control_source){ next_event, close_monitor, m, true });
	return NULL;
}

/* --- capture --- */

static void stop_observing(struct capturing *c)
{
	if (c->streams->capturing == c)
		relay_observe(c->streams->relay, NULL, NULL);
}

static bool is_complete(const struct capturing *c)
{
	return !c->left && !c->under_way[REWRITE_EGRESS] && !c->under_way[REWRITE_INGRESS];
}

/* Is the frame to be captured on this side? A frame that was captured when it came in is captured
 * again when it goes out: frames go out in the order in which they came in, so `under_way` counts
 * them. Frames that the daemon makes itself only go out. */
static bool is_wanted(struct capturing *c, enum rewrite_direction direction, bool is_out,
		      const char *comment)
{
	uint64_t *under_way = &c->under_way[direction];

	if (is_out && *under_way)
		--*under_way;
	else if (!c->left)
		return false;
	if (is_out)
		return true;
	if (c->left != UINT64_MAX)
		c->left--;
	if (!comment)
		++*under_way;
	return true;
}

static void on_frame(enum rewrite_direction direction, bool is_out, const struct packet *packet,
		     const char *comment, void *arg)
{
	struct capturing *c = arg;
	bool is_tap = (direction == REWRITE_EGRESS) != is_out;

	if (!is_wanted(c, direction, is_out, comment)) {
		if (is_complete(c))
			stop_observing(c);
		return;
	}
	capture_frame(c->capture, is_tap ? CAPTURE_TAP : CAPTURE_NIC,
		      is_out ? CAPTURE_OUT : CAPTURE_IN, packet->frame, packet->len, comment);
	control_wake(c->client);
}

static enum control_next next_frames(struct control_piece *piece, void *arg)
{
	struct capturing *c = arg;

	if (is_complete(c))
		stop_observing(c);
	if (capture_is_empty(c->capture))
		return is_complete(c) ? CONTROL_END : CONTROL_WAIT;
	piece->data = malloc(PIECE_BYTES);
	if (!piece->data)
		return CONTROL_END;
	piece->len = capture_take(c->capture, piece->data, PIECE_BYTES);
	return CONTROL_PIECE;
}

static void close_capture(void *arg)
{
	struct capturing *c = arg;

	stop_observing(c);
	c->streams->capturing = NULL;
	capture_destroy(c->capture);
	free(c);
}

const char *streams_capture(struct streams *s, struct control_client *client,
			    const struct streams_wish *wish)
{
	struct capturing *c;

	if (s->capturing)
		return "another capture is running";
	c = calloc(1, sizeof(*c));
	if (!c)
		return "out of memory";
	*c = (struct capturing){ .streams = s,
				 .client = client,
				 .capture = capture_create(wish->tap, wish->nic, wish->comment),
				 .left = wish->count ? wish->count : UINT64_MAX };
	if (!c->capture) {
		free(c);
		return "out of memory";
	}
	s->capturing = c;
	relay_observe(s->relay, on_frame, c);
	control_stream(client, &(struct control_source){ next_frames, close_capture, c, true });
	return NULL;
}
