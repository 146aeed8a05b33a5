/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon: the wiring; see daemon.h.
 *
 * Start: the TAP device (one daemon has it), the control socket, the NIC (lock, record,
 * shield), then addresses and routes, and only then do frames flow. Stop: the TAP goes
 * first, so that its addresses are gone before the NIC's own stack can speak for them.
 * A restart by the service manager is no such stop: TAP and packet socket go on to the
 * next run; see handover.h.
 *
 * A NIC that is not there, or goes away, or cannot be had for now is waited for; see
 * take_nic().
 */
#include "daemon.h"

#include <errno.h>
#include <libgen.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "announce.h"
#include "core/peers.h"
#include "events.h"
#include "host.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/notify.h"
#include "log.h"
#include "neighbours.h"
#include "options.h"
#include "relay.h"
#include "requests.h"
#include "traffic.h"
#include "wire.h"

/* Somebody who changes filters by the thousand gets one look at them in so many ms. */
#define SHIELD_MS    100
#define RETRY_MS     1000
#define RETRY_MAX_MS 60000

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNALS };

struct daemon {
	const struct config *config;
	const struct daemon_options *options;
	uint64_t started; /* ms */
	int exit_code;
	bool restart; /* the stop is the first half of one: nothing is taken down */

	struct peers *peers;
	struct loop *loop;
	struct loop_signal *signals[SIGNALS];
	struct requests *requests;
	struct netlink *netlink;
	struct loop_io *netlink_io;
	struct events *events;
	struct neighbours *neighbours;
	struct relay *relay;
	struct traffic *traffic;
	struct announce *announce;
	struct host *host;
	struct wire *wire;
	struct loop_timer *retry; /* to take the NIC */
	unsigned retry_ms;

	struct loop_timer *watchdog;
	unsigned watchdog_ms; /* between two signs of life; 0: nobody waits for one */

	struct loop_timer *shield; /* to look at qdiscs and filters */
	bool shield_due;
	uint64_t shield_last; /* ms */
};

static void fail(struct daemon *d)
{
	d->exit_code = EXIT_RUNTIME;
	loop_stop(d->loop);
}

/* What the log is told of the state, and the service manager by `tell`. */
static void say_state(struct daemon *d, void (*tell)(const char *status))
{
	size_t n = peers_count(d->peers);
	char text[128];

	if (wire_link(d->wire))
		snprintf(text, sizeof(text), "node %s on %s, %zu peer%s",
			 peers_self(d->peers)->name, wire_link(d->wire)->name, n,
			 n == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "waiting for %s", d->config->interface);
	log_notice("%s", text);
	tell(text);
}

static void on_wire_event(const struct rewrite_result *result, void *arg)
{
	struct daemon *d = arg;

	if (result->verdict.drop != DROP_NONE)
		events_dropped(d->events, result);
	neighbours_heard(d->neighbours, result);
}

/* The NIC comes and goes. */

static bool is_running(const struct netlink_link *link)
{
	return link->flags & IFF_RUNNING;
}

/* Attached: let frames flow. 0; -ENODEV: it went away; else a negative errno, logged. */
static int open_nic(struct daemon *d)
{
	int rc = wire_open(d->wire);

	if (!rc)
		rc = traffic_set_nic(d->traffic, wire_nic(d->wire));
	if (!rc && is_running(wire_link(d->wire)))
		announce_start(d->announce);
	return rc;
}

static void close_nic(struct daemon *d)
{
	announce_stop(d->announce);
	traffic_set_nic(d->traffic, NULL);
	loop_timer_cancel(d->shield);
	d->shield_due = false;
}

/* Whoever is in the way may go; each try that fails is a line in the log. */
static void try_later(struct daemon *d)
{
	d->retry_ms = d->retry_ms ? 2 * d->retry_ms : RETRY_MS;
	if (d->retry_ms > RETRY_MAX_MS)
		d->retry_ms = RETRY_MAX_MS;
	loop_timer_set(d->retry, d->retry_ms);
}

/* It was not there, or could not be had: try. */
static void take_nic(struct daemon *d)
{
	int rc = wire_attach(d->wire);

	if (!rc) {
		host_follow_mtu(d->host, wire_link(d->wire)->mtu);
		rc = open_nic(d);
	}
	if (!rc) {
		d->retry_ms = 0;
		say_state(d, notify_status);
		return;
	}
	close_nic(d);
	wire_restore(d->wire);
	if (rc != -ENODEV)
		try_later(d);
}

static void on_retry(void *arg)
{
	struct daemon *d = arg;

	if (!wire_link(d->wire))
		take_nic(d);
}

static void lose_nic(struct daemon *d)
{
	if (!wire_link(d->wire))
		return;
	log_warning("%s is gone", wire_link(d->wire)->name);
	close_nic(d);
	wire_lose(d->wire);
	say_state(d, notify_status);
	take_nic(d); /* another link may have the name already */
}

static void on_broken(enum rewrite_direction direction, int error, void *arg)
{
	struct daemon *d = arg;

	if (direction == REWRITE_EGRESS) {
		log_error_errno(-error, "%s: the TAP device is gone", d->config->tap);
		fail(d);
	} else if (error == -ENXIO || error == -ENODEV) {
		lose_nic(d);
	} else if (error != -ENETDOWN) { /* its link event says that */
		log_warning_errno(-error, "%s: cannot receive", wire_link(d->wire)->name);
	}
}

/* The NIC changed. When it runs again, the switch may be another one. (IFF_RUNNING comes
 * a moment after the carrier: when the queues are there to send by.) */
static void on_nic_link(struct daemon *d, const struct netlink_link *link)
{
	const struct netlink_link before = *wire_link(d->wire);

	wire_changed(d->wire, link);
	if (link->mtu != before.mtu)
		host_follow_mtu(d->host, link->mtu);
	if (strcmp(link->name, before.name) != 0)
		log_notice("%s is called %s now", before.name, link->name);
	if (link->carrier != before.carrier)
		log_notice("%s: carrier %s", link->name, link->carrier ? "is back" : "lost");
	if (is_running(link) && !is_running(&before))
		announce_start(d->announce);
}

/* With the TAP's routes the kernel has removed its neighbours. */
static void look_at_tap(struct daemon *d, int ifindex)
{
	if (host_link_changed(d->host, ifindex))
		neighbours_seed(d->neighbours);
}

/* News can be older than what we looked up or did since: so look again. */
static void on_link(struct daemon *d, const struct netlink_link *news)
{
	const struct netlink_link *nic = wire_link(d->wire);
	struct netlink_link now;

	look_at_tap(d, news->ifindex);
	if (nic && news->ifindex == nic->ifindex) {
		if (!netlink_link_by_index(d->netlink, nic->ifindex, &now))
			on_nic_link(d, &now);
	} else if (!nic && !strcmp(news->name, d->config->interface)) {
		take_nic(d);
	}
}

/* Somebody changed qdiscs or filters: look soon, but not for each change. */
static void look_at_shield(struct daemon *d, unsigned at_least_ms)
{
	uint64_t now = loop_now(), next = d->shield_last + SHIELD_MS;
	unsigned wait = now < next ? (unsigned)(next - now) : 0;

	if (d->shield_due)
		return;
	d->shield_due = true;
	loop_timer_set(d->shield, wait > at_least_ms ? wait : at_least_ms);
}

static void on_shield(void *arg)
{
	struct daemon *d = arg;

	d->shield_due = false;
	d->shield_last = loop_now();
	if (wire_link(d->wire) && !wire_check_shield(d->wire, d->shield_last))
		look_at_shield(d, RETRY_MS);
}

/* Notifications were lost: whatever may have happened is looked at anew. */
static void look_again(struct daemon *d)
{
	const struct netlink_link *nic = wire_link(d->wire);
	struct netlink_link now;

	look_at_tap(d, host_ifindex(d->host));
	if (!nic) {
		take_nic(d);
	} else if (!netlink_link_by_index(d->netlink, nic->ifindex, &now)) {
		on_nic_link(d, &now);
		wire_warn_addresses(d->wire);
		look_at_shield(d, 0);
	} else {
		lose_nic(d);
	}
}

static void on_netlink(const struct netlink_event *event, void *arg)
{
	struct daemon *d = arg;
	const struct netlink_link *nic = wire_link(d->wire);
	bool is_nic = nic && event->ifindex == nic->ifindex;

	if (event->change == NETLINK_LOST)
		look_again(d);
	else if (event->change == NETLINK_LINK)
		on_link(d, &event->link);
	else if (is_nic && event->change == NETLINK_LINK_GONE)
		lose_nic(d);
	else if (is_nic && event->change == NETLINK_ADDRESS)
		wire_warn_address(d->wire, &event->address);
	else if (is_nic && event->change == NETLINK_TC)
		look_at_shield(d, 0);
}

static void on_netlink_readable(unsigned ready, void *arg)
{
	struct daemon *d = arg;
	int rc = netlink_dispatch(d->netlink);

	(void)ready;
	if (rc < 0)
		log_warning_errno(-rc, "cannot read netlink notifications");
}

/* What others want of the daemon. */

static void fill_state(struct report_state *state, void *arg)
{
	struct daemon *d = arg;
	const struct netlink_link *link = wire_link(d->wire);

	*state = (struct report_state){
		.peers = d->peers,
		.mirror = neighbours_mirror(d->neighbours),
		.counters = *relay_counters(d->relay),
		.datapath = config_datapath_name(DATAPATH_USER),
		.now = loop_now(),
		.started = d->started,
		.config_generation = 1,
		.dev = link ? link->name : d->config->interface,
		.carrier = link && link->carrier,
		.mtu = link ? link->mtu : 0,
	};
	state->counters.neigh_resyncs = neighbours_resyncs(d->neighbours);
	wire_add_drops(d->wire, state->counters.drops);
}

/* A sign of life means that both sides were served, not that a timer fired. */
static void on_watchdog(void *arg)
{
	struct daemon *d = arg;

	traffic_serve(d->traffic);
	notify_watchdog();
	loop_timer_set(d->watchdog, d->watchdog_ms);
}

static void on_stop(void *arg)
{
	struct daemon *d = arg;

	d->restart = notify_is_restart();
	log_notice(d->restart ? "stopping, to be started again" : "stopping");
	notify_stopping();
	loop_stop(d->loop);
}

static void on_hangup(void *arg)
{
	(void)arg;
	log_warning("SIGHUP: this version cannot reload its configuration; restart it");
}

static bool watch_signals(struct daemon *d)
{
	d->signals[SIGNAL_TERM] = loop_signal_add(d->loop, SIGTERM, on_stop, d);
	d->signals[SIGNAL_INT] = loop_signal_add(d->loop, SIGINT, on_stop, d);
	d->signals[SIGNAL_HUP] = loop_signal_add(d->loop, SIGHUP, on_hangup, d);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	return d->signals[SIGNAL_TERM] && d->signals[SIGNAL_INT] && d->signals[SIGNAL_HUP];
}

/* From here to the exit nothing may be cut short: blocked first, for libevent puts the
 * default action back when a watch goes. */
static void ignore_signals(struct daemon *d)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < SIGNALS; i++)
		loop_signal_free(d->signals[i]);
}

/* Start and stop. */

static bool out_of_memory(void)
{
	log_error("out of memory");
	return false;
}

static bool create(struct daemon *d, const struct config_node *self)
{
	d->peers = peers_create(d->config, self);
	d->loop = loop_create();
	if (!d->peers || !d->loop || !watch_signals(d))
		return out_of_memory();
	d->started = loop_now();
	d->events = events_create(d->loop);
	d->relay = relay_create(d->peers, on_wire_event, d);
	d->retry = loop_timer_add(d->loop, on_retry, d);
	d->shield = loop_timer_add(d->loop, on_shield, d);
	d->watchdog = loop_timer_add(d->loop, on_watchdog, d);
	if (!d->events || !d->relay || !d->retry || !d->shield || !d->watchdog)
		return out_of_memory();
	d->traffic = traffic_create(d->loop, d->relay, on_broken, d);
	d->announce = announce_create(d->loop, d->peers, d->relay);
	return d->traffic && d->announce ? true : out_of_memory();
}

static bool open_netlink(struct daemon *d)
{
	int rc = netlink_open(on_netlink, d, &d->netlink);

	if (rc) {
		log_error_errno(-rc, "cannot open netlink");
		return false;
	}
	d->netlink_io =
		loop_io_add(d->loop, netlink_fd(d->netlink), LOOP_READ, on_netlink_readable, d);
	d->neighbours = neighbours_create(d->loop, d->peers, d->netlink, d->events);
	return d->netlink_io && d->neighbours ? true : out_of_memory();
}

static bool open_requests(struct daemon *d)
{
	d->requests = requests_create(d->loop, d->options->socket, d->neighbours, fill_state, d);
	return d->requests;
}

static bool attach_nic(struct daemon *d)
{
	int rc;

	d->wire = wire_create(d->peers, d->netlink, d->options->socket);
	if (!d->wire)
		return false;
	rc = wire_attach(d->wire);
	return !rc || rc == -ENODEV;
}

static bool open_sides(struct daemon *d)
{
	const struct netlink_link *nic = wire_link(d->wire);
	int rc;

	if (host_configure(d->host, nic ? nic->mtu : 0))
		return false;
	if (neighbours_open(d->neighbours, host_ifindex(d->host)))
		return false;
	if (traffic_set_tap(d->traffic, host_tap(d->host)))
		return out_of_memory();
	notify_discard_rest(); /* what no side has taken */
	rc = nic ? open_nic(d) : 0;
	if (rc == -ENODEV)
		lose_nic(d);
	return !rc || rc == -ENODEV;
}

static bool start(struct daemon *d, const struct config_node *self)
{
	if (!create(d, self) || !open_netlink(d))
		return false;
	d->host = host_create(d->peers, d->netlink);
	return d->host && open_requests(d) && attach_nic(d) && open_sides(d);
}

static void stop(struct daemon *d)
{
	ignore_signals(d);
	announce_destroy(d->announce);
	traffic_destroy(d->traffic);
	host_destroy(d->host);
	if (d->wire && !d->restart)
		wire_restore(d->wire);
	wire_destroy(d->wire);
	relay_destroy(d->relay);
	loop_timer_free(d->watchdog);
	loop_timer_free(d->retry);
	loop_timer_free(d->shield);
	loop_io_free(d->netlink_io);
	requests_destroy(d->requests);
	neighbours_destroy(d->neighbours);
	netlink_close(d->netlink);
	events_destroy(d->events);
	loop_destroy(d->loop);
	peers_destroy(d->peers);
}

static int run(struct daemon *d)
{
	int rc;

	if (d->options->ready(d->options->arg))
		return EXIT_RUNTIME;
	say_state(d, notify_ready);
	d->watchdog_ms = notify_watchdog_ms() / 3;
	if (d->watchdog_ms)
		loop_timer_set(d->watchdog, d->watchdog_ms);
	rc = loop_run(d->loop);
	if (!rc)
		return d->exit_code;
	log_error_errno(-rc, "the event loop failed");
	return EXIT_RUNTIME;
}

int daemon_run(const struct config *config, const struct config_node *self,
	       const struct daemon_options *options)
{
	struct daemon d = { .config = config, .options = options };
	int exit_code = EXIT_RUNTIME;

	if (start(&d, self))
		exit_code = run(&d);
	stop(&d);
	return exit_code;
}
