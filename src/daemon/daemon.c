/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon: the wiring; see daemon.h.
 *
 * Start: the TAP device (one daemon has it), the control socket, NICs that an earlier run
 * left (recovery.h), the NIC (lock, record, shield), then addresses and routes, and only
 * then do frames flow. Stop: what was adopted goes back to the NIC, then the TAP goes, so
 * that its addresses are gone before the NIC's own stack can speak for them.
 * A restart by the service manager is no such stop: TAP and packet socket go on to the
 * next run; see fd_store.h.
 *
 * What becomes of NIC and TAP between is in links.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/daemon_private.h"
#include "io/notify.h"
#include "nic/recovery.h"
#include "base/log.h"
#include "daemon/options.h"

#define FINISH_MS 100 /* for what waits to be sent, at a restart */

void daemon_fail(struct daemon *d)
{
	d->exit_code = EXIT_RUNTIME;
	d->is_failing = true;
	loop_stop(d->loop);
}

void daemon_say_state(struct daemon *d, void (*tell)(const char *status))
{
	size_t n = peers_count(d->peers);
	char text[128];

	if (takeover_link(d->wire))
		snprintf(text, sizeof(text), "node %s on %s, %zu peer%s",
			 peers_self(d->peers)->name, takeover_link(d->wire)->name, n,
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

static void on_netlink_readable(unsigned ready, void *arg)
{
	struct daemon *d = arg;
	int rc = netlink_events_dispatch(d->changes);

	(void)ready;
	if (rc < 0)
		log_warning_errno(-rc, "cannot read netlink notifications");
}

/* What others want of the daemon. */

static void fill_state(struct report_state *state, void *arg)
{
	struct daemon *d = arg;
	const struct netlink_link *link = takeover_link(d->wire);

	*state = (struct report_state){
		.peers = d->peers,
		.mirror = neighbours_mirror(d->neighbours),
		.counters = *relay_counters(d->relay),
		.datapath = config_datapath_name(takeover_has_kernel_path(d->wire) ? DATAPATH_KERNEL
										   : DATAPATH_USER),
		.now = loop_now(),
		.started = d->started,
		.config_generation = d->generation,
		.reloads = d->reloads,
		.reload_ok = d->reload_ok,
		.dev = link ? link->name : d->config->interface,
		.carrier = link && link->carrier,
		.mtu = link ? link->mtu : 0,
	};
	state->counters.neigh_resyncs = neighbours_resyncs(d->neighbours);
	takeover_collect(d->wire, &state->counters);
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
	d->exit_code = EXIT_WELL;
	log_notice(d->restart ? "stopping, to be started again" : "stopping");
	notify_stopping();
	loop_stop(d->loop);
}

static void on_hangup(void *arg)
{
	free(daemon_reload(false, arg));
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
	d->monitor = event_feed_create();
	d->events = d->monitor ? events_create(d->loop, d->monitor) : NULL;
	d->relay = relay_create(d->peers, on_wire_event, d);
	d->streams = streams_create(d->monitor, d->relay);
	d->retry = loop_timer_add(d->loop, daemon_on_retry, d);
	d->shield = loop_timer_add(d->loop, daemon_on_shield, d);
	d->watchdog = loop_timer_add(d->loop, on_watchdog, d);
	if (!d->events || !d->relay || !d->streams || !d->retry || !d->shield || !d->watchdog)
		return out_of_memory();
	d->traffic = traffic_create(d->loop, d->relay, daemon_on_broken, d);
	return d->traffic ? true : out_of_memory();
}

static bool open_netlink(struct daemon *d)
{
	int rc = netlink_open(&d->netlink);

	if (!rc)
		rc = netlink_events_open(daemon_on_netlink, d, &d->changes);

	if (rc) {
		log_error_errno(-rc, "cannot open netlink");
		return false;
	}
	d->netlink_io = loop_io_add(d->loop, netlink_events_fd(d->changes), LOOP_READ,
				    on_netlink_readable, d);
	d->neighbours = neighbours_create(d->loop, d->peers, d->netlink, d->events);
	d->adopt = adopt_create(d->peers, d->netlink, d->options->socket);
	if (!d->netlink_io || !d->neighbours || !d->adopt)
		return out_of_memory();
	d->announce = announce_create(d->loop, d->peers, d->relay, d->adopt);
	return d->announce ? true : out_of_memory();
}

static bool open_requests(struct daemon *d)
{
	const struct requests_ops ops = { fill_state, daemon_reload, d };

	d->requests = requests_create(d->loop, d->options->socket, &ops, d->peers, d->neighbours,
				      d->streams);
	return d->requests;
}

static bool attach_nic(struct daemon *d)
{
	int rc;

	d->wire = takeover_create(d->peers, d->netlink, d->options->socket);
	if (!d->wire)
		return false;
	takeover_set_tap(d->wire, tap_link_ifindex(d->host), tap_link_is_up(d->host));
	rc = takeover_attach(d->wire);
	return !rc || rc == -ENODEV;
}

static bool start(struct daemon *d, const struct config_node *self)
{
	if (!create(d, self) || !open_netlink(d))
		return false;
	d->host = tap_link_create(d->peers, d->netlink);
	if (!d->host || !open_requests(d))
		return false;
	recovery_run(d->options->socket, d->config->interface);
	return attach_nic(d) && daemon_open_sides(d);
}

/* The NIC, whether or not it is ours now. False: it is not to be had. */
static bool find_nic(struct daemon *d, struct netlink_link *nic)
{
	int rc = 0;

	if (takeover_link(d->wire))
		*nic = *takeover_link(d->wire);
	else
		rc = netlink_link_by_name(d->netlink, d->config->interface, nic);
	if (rc == -ENODEV && d->exit_code == EXIT_WELL) /* else the next run may find one */
		adopt_drop(d->adopt);
	return !rc;
}

/* What was taken is put back, and others are told so at once: the TAP takes its time to go.
 *
 * The TAP's own addresses go first, for the NIC's stack would answer for them. The NIC hears
 * and speaks again before it gets back what was adopted: an ARP request that the shield
 * swallows is sent again only a second later. */
static void give_back(struct daemon *d)
{
	struct netlink_link nic;
	bool is_there = find_nic(d, &nic), is_given = false;

	tap_link_remove_addresses(d->host, adopt_has_address, d->adopt);
	takeover_restore(d->wire);
	if (is_there)
		is_given = adopt_give_back(d->adopt, nic.ifindex, false);
	tap_link_take_down(d->host);
	if (is_given)
		announce_from_nic(d->announce, &nic, true);
	tap_link_destroy(d->host);
	d->host = NULL;
	if (is_given)
		announce_from_nic(d->announce, &nic, false);
}

static void stop(struct daemon *d)
{
	ignore_signals(d);
	if (d->restart)
		traffic_finish(d->traffic, FINISH_MS);
	traffic_destroy(d->traffic);
	requests_destroy(d->requests);
	if (d->wire && !d->restart)
		give_back(d);
	tap_link_destroy(d->host);
	takeover_destroy(d->wire);
	announce_destroy(d->announce);
	adopt_destroy(d->adopt);
	relay_destroy(d->relay);
	loop_timer_free(d->watchdog);
	loop_timer_free(d->retry);
	loop_timer_free(d->shield);
	loop_io_free(d->netlink_io);
	neighbours_destroy(d->neighbours);
	netlink_events_close(d->changes);
	netlink_close(d->netlink);
	streams_destroy(d->streams);
	events_destroy(d->events);
	event_feed_destroy(d->monitor);
	loop_destroy(d->loop);
	peers_destroy(d->peers);
}

static void run(struct daemon *d)
{
	int rc;

	if (d->options->ready(d->options->arg))
		return;
	daemon_say_state(d, notify_ready);
	d->watchdog_ms = notify_watchdog_ms() / 3;
	if (d->watchdog_ms)
		loop_timer_set(d->watchdog, d->watchdog_ms);
	rc = loop_run(d->loop);
	if (rc)
		log_error_errno(-rc, "the event loop failed");
}

int daemon_run(struct config *config, const struct config_node *self,
	       const struct daemon_options *options)
{
	struct daemon d = {
		.config = config,
		.options = options,
		.exit_code = EXIT_RUNTIME,
		.generation = 1,
		.reload_ok = true,
	};

	if (start(&d, self))
		run(&d);
	stop(&d);
	return d.exit_code;
}
