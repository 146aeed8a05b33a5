/* SPDX-License-Identifier: GPL-2.0-or-later */
/* monitoring: events for a client; see monitoring.h. */
#include "clients/monitoring.h"

#include <stdlib.h>
#include <string.h>

struct monitoring {
	struct control_client *client;
	struct event_feed_reader *reader;
};

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

const char *monitoring_begin(struct event_feed *feed, struct control_client *client)
{
	struct monitoring *m = calloc(1, sizeof(*m));

	if (!m)
		return "out of memory";
	m->client = client;
	m->reader = event_feed_reader_create(feed, wake_monitor, m);
	if (!m->reader) {
		free(m);
		return "out of memory";
	}
	control_stream(client, &(struct control_source){ .next = next_event,
							 .close = close_monitor,
							 .arg = m,
							 .is_endless = true });
	return NULL;
}
