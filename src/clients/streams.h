/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * streams: endless answers: monitor and capture.
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

/* Begin to answer a client. NULL: it has begun; else the reason why not. */
const char *streams_monitor(struct streams *streams, struct control_client *client);
/* The same for a capture; only one can run at a time. `count`: frames, 0: no limit. */
struct streams_wish {
	const char *tap, *nic; /* their names */
	const char *comment;   /* on the whole file; NULL: none */
	uint64_t count;
};
const char *streams_capture(struct streams *streams, struct control_client *client,
			    const struct streams_wish *wish);

#endif
