/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * streams: answers without an end: monitor and capture.
 */
#ifndef CLUSTERARPD_CLIENTS_STREAMS_H
#define CLUSTERARPD_CLIENTS_STREAMS_H

#include <stdint.h>

#include "clients/control.h"
#include "datapath/relay.h"
#include "report/event_feed.h"

struct streams;

/* Both are borrowed, and must outlive every client. NULL: out of memory. */
struct streams *streams_create(struct event_feed *monitor, struct relay *relay);
void streams_destroy(struct streams *streams);

/* Begin to answer a client. NULL: it has begun; else why not. */
const char *streams_monitor(struct streams *streams, struct control_client *client);
/* One at a time. `count`: frames, 0: as many as there are. */
struct streams_wish {
	const char *tap, *nic; /* names */
	const char *comment;   /* on the whole; NULL: none */
	uint64_t count;
};
const char *streams_capture(struct streams *streams, struct control_client *client,
			    const struct streams_wish *wish);

#endif
