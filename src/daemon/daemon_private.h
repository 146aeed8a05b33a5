/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon_private: what daemon.c (start, stop, signals, requests) and links.c (NIC and
 * TAP come, change and go) share. Nobody else includes it.
 */
#ifndef CLUSTERARPD_DAEMON_DAEMON_PRIVATE_H
#define CLUSTERARPD_DAEMON_DAEMON_PRIVATE_H

#include "nic/adopt.h"
#include "nic/announce.h"
#include "core/peers.h"
#include "daemon/daemon.h"
#include "report/events.h"
#include "tap/tap_link.h"
#include "io/loop.h"
#include "io/netlink/netlink.h"
#include "io/netlink/netlink_events.h"
#include "report/event_feed.h"
#include "tap/neighbours.h"
#include "datapath/relay.h"
#include "clients/requests.h"
#include "clients/streams.h"
#include "datapath/traffic.h"
#include "nic/takeover.h"

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNALS };

struct daemon {
	struct config *config;
	const struct daemon_options *options;
	uint64_t started; /* ms */
	int exit_code;    /* EXIT_RUNTIME until an orderly stop */
	bool is_failing;  /* the loop ends after this turn of it */
	bool restart;     /* the stop is the first half of one: nothing is taken down */

	struct peers *peers;
	struct loop *loop;
	struct loop_signal *signals[SIGNALS];
	struct event_feed *monitor;
	struct streams *streams;
	struct requests *requests;
	struct netlink *netlink;
	struct netlink_events *changes;
	struct loop_io *netlink_io;
	struct events *events;
	struct neighbours *neighbours;
	struct relay *relay;
	struct traffic *traffic;
	struct announce *announce;
	struct adopt *adopt;
	struct tap_link *host;
	struct takeover *wire;
	unsigned generation; /* of the configuration */
	uint64_t reloads;
	bool reload_ok;           /* the last */
	struct loop_timer *retry; /* to take the NIC */
	unsigned retry_ms;

	struct loop_timer *watchdog;
	unsigned watchdog_ms; /* between two signs of life; 0: nobody waits for one */

	struct loop_timer *shield; /* to look at qdiscs and filters */
	bool shield_due;
	uint64_t shield_last; /* ms */
};

/* Ends the run, with exit status 3; the reason has been logged. */
void daemon_fail(struct daemon *d);
/* What the log is told of the state, and the service manager by `tell`. */
void daemon_say_state(struct daemon *d, void (*tell)(const char *status));

/* As struct requests_ops has it. */
char *daemon_reload(bool is_dry_run, void *daemon);
/* The TAP, configured, and the NIC, if it is there, begin to carry frames. False after a
 * log line. */
bool daemon_open_sides(struct daemon *d);
/* The callbacks of the loop, of netlink and of traffic about either. */
void daemon_on_retry(void *arg);
void daemon_on_shield(void *arg);
void daemon_on_netlink(const struct netlink_event *event, void *arg);
void daemon_on_broken(enum rewrite_direction direction, int error, void *arg);

#endif
