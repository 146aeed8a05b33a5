/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events: what happens that an operator should hear of: in the log, what the wire causes at
 * most 10 lines a second, with the count of what was left out (SPEC 7); and to those who
 * monitor.
 */
#ifndef CLUSTERARPD_REPORT_EVENTS_H
#define CLUSTERARPD_REPORT_EVENTS_H

#include "core/mirror.h"
#include "core/rewrite.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "report/event_feed.h"

struct events;

/* Both are borrowed. NULL: out of memory. */
struct events *events_create(struct loop *loop, struct event_feed *monitor);
void events_destroy(struct events *events);

/* A frame that was dropped as echo, spoofed or conflict. */
void events_dropped(struct events *events, const struct rewrite_result *result);

/* A peer's state is another one than `before`. */
void events_peer_changed(struct events *events, const struct peer *peer, enum peer_state before);
/* A peer was confirmed to be reachable, or failed: its state is PEER_RESOLVED or
 * PEER_FAILED. */
void events_peer_state(struct events *events, struct peer *peer);
/* An entry of the peer was another MAC's, and has been put right. */
void events_peer_repaired(struct events *events, const struct peer *peer,
			  const struct mirror_entry *was);
/* It could not be: `error` is a positive errno value. */
void events_peer_error(struct events *events, const struct peer *peer, int error);
/* The NIC changed; NULL: it is gone. */
void events_link(struct events *events, const char *dev, const struct netlink_link *link);

#endif
