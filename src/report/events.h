/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events: reports events to the operator: in the log, and to monitor clients. Events that other
 * hosts can cause write at most 10 log lines a second, with the count of suppressed ones (SPEC 7);
 * what repeats has a line a minute (repeats.h). Monitor clients get every event.
 */
#ifndef CLUSTERARPD_REPORT_EVENTS_H
#define CLUSTERARPD_REPORT_EVENTS_H

#include "core/mirror.h"
#include "core/rewrite.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "report/event_feed.h"
#include "report/problems.h"

struct events;

/* All are borrowed. NULL: out of memory. */
struct events *events_create(struct loop *loop, struct event_feed *monitor,
			     struct problems *problems);
void events_destroy(struct events *events);

/* A frame was dropped as echo, spoofed or conflict. A conflict, and echoes that go on, are problems
 * until there was none for EVENTS_PROBLEM_MS. */
#define EVENTS_PROBLEM_MS (5 * 60 * 1000)
void events_dropped(struct events *events, const struct rewrite_result *result);

/* A peer's state changed; it was `before`. */
void events_peer_changed(struct events *events, const struct peer *peer, enum peer_state before);
/* A peer was confirmed to be reachable (PEER_RESOLVED), or does not answer (PEER_SILENT,
 * PEER_FAILED). */
void events_peer_state(struct events *events, struct peer *peer);
/* A neighbour entry of the peer held another MAC (`was`), and was corrected. */
void events_peer_repaired(struct events *events, const struct peer *peer,
			  const struct mirror_entry *was);
/* Such an entry could not be corrected: `error` is a positive errno value. */
void events_peer_error(struct events *events, const struct peer *peer, int error);
/* Another program changed the TAP `dev`, which was corrected: `what` names the settings. */
void events_tap_repaired(struct events *events, const char *dev, const char *what);
/* The NIC `dev` changed. `link` NULL: it is gone. */
void events_link(struct events *events, const char *dev, const struct netlink_link *link);

#endif
