/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon: the wiring; see daemon.h.
 *
 * Start: control socket (is there another of us?), wire (lock, record, shield), host
 * (TAP), and only when both are there do frames flow. Stop: the other way round: the
 * TAP goes first, so that its addresses are gone before the NIC's own stack can speak
 * for them.
 *
 * A NIC that is not there, or goes away, is waited for; see on_link().
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
#include "io/control.h"
#include "io/loop.h"
#include "io/netlink.h"
#include "io/notify.h"
#include "log.h"
#include "options.h"
#include "relay.h"
#include "report.h"
#include "wire.h"

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNALS };

struct daemon {
	const struct config *config;
	const struct daemon_options *options;
	char *directory;
	uint64_t started; /* ms */
	int exit_code;

	struct peers *peers;
	struct loop *loop;
	struct loop_signal *signals[SIGNALS];
	struct control *control;
	struct netlink *netlink;
	struct events *events;
	struct relay *relay;
	struct announce *announce;
	struct wire *wire;
	struct host *host;
	struct loop_io *netlink_io, *tap_io, *nic_io;
};

static int tap_receive_(void *arg, struct packet *packet)
{
	return tap_read(arg, packet);
}

static int tap_send_(void *arg, const struct packet *packet)
{
	return tap_write(arg, packet);
}

static int nic_receive_(void *arg, struct packet *packet)
{
	return nic_receive(arg, packet);
}

static int nic_send_(void *arg, const struct packet *packet)
{
	return nic_send(arg, packet);
}

static void fail(struct daemon *d)
{
	d->exit_code = EXIT_RUNTIME;
	loop_stop(d->loop);
}

/* What the log, and with `tell` the service manager, is told of the state. */
static void say_state(struct daemon *d, void (*tell)(const char *status))
{
	char text[128];

	if (wire_link(d->wire))
		snprintf(text, sizeof(text), "node %s on %s, %zu peers", peers_self(d->peers)->name,
			 d->config->interface, peers_count(d->peers));
	else
		snprintf(text, sizeof(text), "waiting for %s, which is not there",
			 d->config->interface);
	log_notice("%s", text);
	tell(text);
}

/* Frames: each direction has its turn, and what blocks on the other side waits for
 * that to be writable. */

static struct loop_io *input(struct daemon *d, enum rewrite_direction direction)
{
	return direction == REWRITE_EGRESS ? d->tap_io : d->nic_io;
}

static struct loop_io *output(struct daemon *d, enum rewrite_direction direction)
{
	return direction == REWRITE_EGRESS ? d->nic_io : d->tap_io;
}

static void block(struct daemon *d, enum rewrite_direction direction)
{
	loop_io_change(input(d, direction), LOOP_READ, 0);
	loop_io_change(output(d, direction), 0, LOOP_WRITE);
}

static void unblock(struct daemon *d, enum rewrite_direction direction)
{
	loop_io_change(input(d, direction), 0, LOOP_READ);
	loop_io_change(output(d, direction), LOOP_WRITE, 0);
}

static void flush(struct daemon *d, enum rewrite_direction direction)
{
	if (relay_flush(d->relay, direction) != RELAY_BLOCKED)
		unblock(d, direction);
}

/* Returns a negative errno value when the side that is read from is broken. */
static int run(struct daemon *d, enum rewrite_direction direction)
{
	int rc = relay_run(d->relay, direction);

	if (rc == RELAY_BLOCKED)
		block(d, direction);
	return rc < 0 ? rc : 0;
}

static void on_tap(unsigned ready, void *arg)
{
	struct daemon *d = arg;
	int rc = 0;

	if (ready & LOOP_WRITE)
		flush(d, REWRITE_INGRESS);
	if (ready & LOOP_READ)
		rc = run(d, REWRITE_EGRESS);
	if (!rc)
		return;
	log_error_errno(-rc, "%s: the TAP device is gone", d->config->tap);
	fail(d);
}

static void lose_nic(struct daemon *d)
{
	if (!wire_link(d->wire))
		return;
	log_warning("%s is gone", d->config->interface);
	relay_set_nic(d->relay, (struct relay_side){ 0 });
	unblock(d, REWRITE_EGRESS);
	loop_io_free(d->nic_io);
	d->nic_io = NULL;
	wire_lose(d->wire);
	say_state(d, notify_status);
}

static void on_nic(unsigned ready, void *arg)
{
	struct daemon *d = arg;
	int rc = 0;

	if (ready & LOOP_WRITE)
		flush(d, REWRITE_EGRESS);
	if (ready & LOOP_READ)
		rc = run(d, REWRITE_INGRESS);
	if (rc == -ENETDOWN) /* told once; its link event says the rest */
		log_debug("%s: the packet socket says it is down", d->config->interface);
	else if (rc == -ENXIO || rc == -ENODEV)
		lose_nic(d);
	else if (rc)
		log_warning_errno(-rc, "%s: cannot receive", d->config->interface);
}

static void on_wire_event(const struct rewrite_result *result, void *arg)
{
	struct daemon *d = arg;

	events_dropped(d->events, result);
}

/* The NIC, when it is there. */

static void open_nic(struct daemon *d)
{
	d->nic_io = loop_io_add(d->loop, nic_fd(wire_nic(d->wire)), LOOP_READ, on_nic, d);
	if (!d->nic_io || wire_open(d->wire)) {
		fail(d);
		return;
	}
	relay_set_nic(d->relay, (struct relay_side){ nic_receive_, nic_send_, wire_nic(d->wire) });
	announce_start(d->announce);
}

/* The NIC changed. When it runs again, the switch may be another one. (IFF_RUNNING comes
 * a moment after the carrier: when the queues are there to send by.) */
static void on_nic_link(struct daemon *d, const struct netlink_link *link)
{
	const struct netlink_link before = *wire_link(d->wire);

	wire_changed(d->wire, link);
	if (link->mtu != before.mtu)
		host_follow_mtu(d->host, link->mtu);
	if (link->carrier != before.carrier)
		log_notice("%s: carrier %s", d->config->interface,
			   link->carrier ? "is back" : "lost");
	if (link->flags & ~before.flags & IFF_RUNNING)
		announce_start(d->announce);
}

/* A link is new or changed: perhaps it is the NIC that we wait for. */
static void on_link(struct daemon *d, const struct netlink_link *link)
{
	const struct netlink_link *nic = wire_link(d->wire);
	int rc;

	if (nic && link->ifindex == nic->ifindex) {
		on_nic_link(d, link);
		return;
	}
	if (nic || strcmp(link->name, d->config->interface) != 0)
		return;
	rc = wire_attach(d->wire);
	if (rc == -ENODEV)
		return;
	if (rc) {
		fail(d);
		return;
	}
	host_follow_mtu(d->host, wire_link(d->wire)->mtu);
	open_nic(d);
	say_state(d, notify_status);
}

/* Notifications were lost: whatever may have happened is looked at anew. */
static void look_again(struct daemon *d)
{
	const struct netlink_link *nic = wire_link(d->wire);
	struct netlink_link link;

	if (nic && netlink_link_by_index(d->netlink, nic->ifindex, &link) == -ENODEV)
		lose_nic(d);
	if (!netlink_link_by_name(d->netlink, d->config->interface, &link))
		on_link(d, &link);
	if (wire_link(d->wire))
		wire_check_shield(d->wire, loop_now(d->loop));
}

static void on_netlink(const struct netlink_event *event, void *arg)
{
	struct daemon *d = arg;
	const struct netlink_link *nic = wire_link(d->wire);
	bool is_nic = nic && event->ifindex == nic->ifindex;

	switch (event->change) {
	case NETLINK_LINK:
		on_link(d, &event->link);
		break;
	case NETLINK_LINK_GONE:
		if (is_nic)
			lose_nic(d);
		break;
	case NETLINK_ADDRESS:
		if (is_nic)
			wire_warn_address(d->wire, &event->address);
		break;
	case NETLINK_TC:
		if (is_nic)
			wire_check_shield(d->wire, loop_now(d->loop));
		break;
	case NETLINK_LOST:
		look_again(d);
		break;
	case NETLINK_ADDRESS_GONE:
		break;
	}
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

static char *on_request(const char *request, void *arg)
{
	struct daemon *d = arg;
	const struct netlink_link *link = wire_link(d->wire);
	struct counters counters = *relay_counters(d->relay);
	struct report_state state = {
		.peers = d->peers,
		.counters = &counters,
		.datapath = config_datapath_name(DATAPATH_USER),
		.uptime_seconds = (loop_now(d->loop) - d->started) / 1000,
		.config_generation = 1,
		.carrier = link && link->carrier,
		.mtu = link ? link->mtu : 0,
	};

	wire_add_drops(d->wire, counters.drops);
	return report_answer(request, &state);
}

static void on_stop(void *arg)
{
	struct daemon *d = arg;

	log_notice("stopping");
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
	return d->signals[SIGNAL_TERM] && d->signals[SIGNAL_INT] && d->signals[SIGNAL_HUP];
}

/* Start and stop. */

static bool out_of_memory(void)
{
	log_error("out of memory");
	return false;
}

static bool create(struct daemon *d, const struct config_node *self)
{
	char *path = strdup(d->options->socket);

	d->directory = path ? strdup(dirname(path)) : NULL;
	free(path);
	d->peers = peers_create(d->config, self);
	d->loop = loop_create();
	if (!d->directory || !d->peers || !d->loop)
		return out_of_memory();
	d->started = loop_now(d->loop);
	d->events = events_create(d->loop);
	d->relay = relay_create(d->peers, on_wire_event, d);
	if (!d->events || !d->relay || !watch_signals(d))
		return out_of_memory();
	d->announce = announce_create(d->loop, d->peers, d->relay);
	return d->announce ? true : out_of_memory();
}

static bool open_control(struct daemon *d)
{
	const char *path = d->options->socket;
	int rc;

	if (!mkdir(d->directory, 0755))
		log_info("made %s", d->directory);
	rc = control_open(d->loop, path, on_request, d, &d->control);
	if (rc == -EADDRINUSE)
		log_error("%s: another clusterarpd listens there", path);
	else if (rc)
		log_error_errno(-rc, "%s: cannot listen there", path);
	return !rc;
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
	return d->netlink_io ? true : out_of_memory();
}

static bool open_wire(struct daemon *d)
{
	int rc;

	d->wire = wire_create(d->peers, d->netlink, d->directory);
	if (!d->wire)
		return false;
	rc = wire_attach(d->wire);
	return !rc || rc == -ENODEV;
}

static bool open_host(struct daemon *d)
{
	const struct netlink_link *nic = wire_link(d->wire);

	d->host = host_create(d->peers, d->netlink, nic ? nic->mtu : 0);
	if (!d->host)
		return false;
	relay_set_tap(d->relay, (struct relay_side){ tap_receive_, tap_send_, host_tap(d->host) });
	d->tap_io = loop_io_add(d->loop, tap_fd(host_tap(d->host)), LOOP_READ, on_tap, d);
	return d->tap_io ? true : out_of_memory();
}

static bool start(struct daemon *d, const struct config_node *self)
{
	if (!create(d, self) || !open_control(d) || !open_netlink(d) || !open_wire(d) ||
	    !open_host(d))
		return false;
	if (wire_link(d->wire))
		open_nic(d);
	return d->exit_code == EXIT_WELL;
}

static void stop(struct daemon *d)
{
	size_t i;

	announce_destroy(d->announce);
	loop_io_free(d->tap_io);
	loop_io_free(d->nic_io);
	host_destroy(d->host);
	if (d->wire)
		wire_restore(d->wire);
	wire_destroy(d->wire);
	relay_destroy(d->relay);
	loop_io_free(d->netlink_io);
	netlink_close(d->netlink);
	control_close(d->control);
	events_destroy(d->events);
	for (i = 0; i < SIGNALS; i++)
		loop_signal_free(d->signals[i]);
	loop_destroy(d->loop);
	peers_destroy(d->peers);
	free(d->directory);
}

static int run_loop(struct daemon *d)
{
	int rc;

	say_state(d, notify_ready);
	if (d->options->ready(d->options->arg))
		return EXIT_RUNTIME;
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
		exit_code = run_loop(&d);
	stop(&d);
	return exit_code;
}
