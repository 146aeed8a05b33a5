/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon: brings the modules together; see daemon.h.
 *
 * Start: the TAP device (only one daemon can have it), the control socket, NICs that an earlier run
 * left taken over (nic/recovery.h), the NIC (lock, record, shield), then addresses and routes. Only
 * then do frames flow. Stop: the NIC gets what was adopted from it, and the TAP is removed; see
 * links_give_back(). At a restart by the service manager nothing is taken down: TAP and packet
 * socket are kept for the next run; see persist/fd_store.h.
 *
 * links.c follows NIC and TAP between start and stop.
 */
#include "daemon/daemon.h"

#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "clients/requests.h"
#include "daemon/links.h"
#include "daemon/options.h"
#include "daemon/reload.h"
#include "daemon/state_problems.h"
#include "io/notify.h"
#include "probe/probes.h"
#include "report/event_feed.h"
#include "report/events.h"
#include "report/problems.h"
#include "shares/sharing.h"

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNALS };

struct daemon {
	struct config *config;
	const struct daemon_options *options;
	uint64_t started; /* ms */
	int exit_code;    /* EXIT_RUNTIME until a clean stop */
	bool is_restart;  /* stopped for a restart: nothing is taken down */

	struct peers *peers;
	struct loop *loop;
	struct loop_signal *signals[SIGNALS];
	struct event_feed *feed;
	struct events *events;
	struct problems *problems;
	struct relay *relay;
	struct sharing *sharing;
	struct shares_path shares; /* as published last */
	struct captures *captures;
	struct links *links;
	struct probes *probes;
	struct requests *requests;

	unsigned generation; /* of the configuration: 1, and one more with each reload applied */
	uint64_t reloads;
	bool reload_ok;       /* the last reload was applied */
	char *reload_message; /* reload_summary() of it */

	struct loop_timer *ready; /* to tell the service manager READY */
	uint64_t ready_by;        /* ms: the latest time for it */
	struct loop_timer *watchdog;
	unsigned watchdog_ms; /* between two notifications; 0: the service manager expects none */
};

/* A service that is ordered after this one can bind its IPv6 addresses once they are no longer
 * tentative: READY waits for that, for a time. */
#define READY_MAX_MS  3000
#define READY_LOOK_MS 50

#define STATE_TEXT (CONFIG_ALTNAME_MAX + 32)
static char *describe_state(const struct daemon *d, char text[STATE_TEXT])
{
	const struct netlink_link *nic = links_nic(d->links);
	size_t n = peers_count(d->peers);

	if (nic)
		snprintf(text, STATE_TEXT, "node %s on %s, %zu peer%s", peers_self(d->peers)->name,
			 nic->name, n, n == 1 ? "" : "s");
	else
		snprintf(text, STATE_TEXT, "waiting for %s", d->config->interface);
	return text;
}

/* Log the state, and report it to the service manager with `notify`. */
static void publish_state(struct daemon *d, void (*notify)(const char *status))
{
	char text[STATE_TEXT];

	log_notice("%s", describe_state(d, text));
	notify(text);
}

/* --- what relay and links report --- */

static void on_frame(const struct rewrite_result *result, void *arg)
{
	struct daemon *d = arg;

	if (result->verdict.drop != DROP_NONE)
		events_dropped(d->events, result);
	neighbours_heard(links_neighbours(d->links), result);
}

static void on_links_changed(void *arg)
{
	publish_state(arg, notify_status);
}

static void on_links_failed(void *arg)
{
	struct daemon *d = arg;

	d->exit_code = EXIT_RUNTIME;
	loop_stop(d->loop);
}

/* May frames be taken by the new shares that are not by the old ones? */
static bool takes_more(const struct shares_path *was, const struct shares_path *is)
{
	return loop_now() >= was->lease ||
	       memcmp(was->decisions, is->decisions, sizeof(is->decisions)) != 0;
}

/* The first time there are no links yet: they begin with what is published by then. A SYN that has
 * waited here, while the daemon was held up, may have been answered by the node that had the
 * share. */
static void on_shares(const struct shares_path *path, void *arg)
{
	struct daemon *d = arg;

	if (d->links && takes_more(&d->shares, path))
		links_catch_up(d->links);
	d->shares = *path;
	if (d->links)
		links_share(d->links);
}

static void on_forwarded(const struct flow_tuple *connection, void *arg)
{
	struct daemon *d = arg;

	if (d->links)
		links_keep(d->links, connection);
}

/* --- what the probes need --- */

static const struct netlink_link *find_nic(void *arg)
{
	struct daemon *d = arg;

	return links_nic(d->links);
}

static const struct mirror *find_mirror(void *arg)
{
	struct daemon *d = arg;

	return neighbours_mirror(links_neighbours(d->links));
}

static void collect(struct counters *counters, void *arg)
{
	struct daemon *d = arg;

	*counters = *relay_counters(d->relay);
	links_collect(d->links, counters);
}

static void count_peer(struct peer *peer, void *arg)
{
	struct daemon *d = arg;

	links_collect_peer(d->links, peer);
}

static void on_life_changed(struct peer *peer, void *arg)
{
	struct daemon *d = arg;

	neighbours_peer_changed(links_neighbours(d->links), peer);
}

/* --- what clients ask for --- */

static void fill_state(struct report_state *state, void *arg)
{
	struct daemon *d = arg;
	const struct netlink_link *nic = links_nic(d->links);

	problems_expire(d->problems, loop_now());
	state_problems_note(d->problems, d->peers, d->links);
	*state = (struct report_state){
		.peers = d->peers,
		.mirror = neighbours_mirror(links_neighbours(d->links)),
		.problems = d->problems,
		.shares = sharing_report(d->sharing),
		.datapath = config_datapath_name(links_has_kernel_path(d->links) ? DATAPATH_KERNEL
										 : DATAPATH_USER),
		.now = loop_now(),
		.started = d->started,
		.config_generation = d->generation,
		.reloads = d->reloads,
		.reload_ok = d->reload_ok,
		.reload_message = d->reload_message,
		.dev = nic ? nic->name : d->config->interface,
		.carrier = nic && nic->carrier,
		.mtu = nic ? nic->mtu : 0,
	};
	collect(&state->counters, d);
}

static void refuse(struct reload *r, const char *why)
{
	config_report_add(&r->report, true, 0, "%s", why);
	r->is_possible = false;
}

/* Read the file and make every check, without any effect: for a dry run as well. */
static void prepare(struct daemon *d, struct reload *r)
{
	struct load load = d->options->load;

	load.is_reload = true;
	reload_prepare(r, &load, d->peers);
	if (r->is_possible && !links_have_room(d->links, r->peers))
		refuse(r, "the eBPF programs have no room for so many nodes: a restart makes room");
}

/* Apply the reload as a whole, or not at all. */
static void apply(struct daemon *d, struct reload *r)
{
	if (r->is_possible && links_reload(d->links, r->peers))
		refuse(r, "cannot write the maps of the eBPF programs");
	if (r->is_possible && sharing_reload(d->sharing)) {
		links_reload(d->links, r->peers); /* which are the former ones now */
		refuse(r, "out of memory");
	}
	r->is_applied = r->is_possible;
	if (r->is_applied)
		probes_start(d->probes);
	d->generation += r->is_applied;
	d->reloads++;
	d->reload_ok = r->is_applied;
	free(d->reload_message);
	d->reload_message = reload_summary(r);
	if (d->reload_ok)
		problems_clear(d->problems, "reload_refused");
	else
		problems_set(d->problems, "reload_refused", PROBLEM_WARNING,
			     "the last reload was refused, and the former configuration is in "
			     "effect: clusterarpctl reload --dry-run tells why");
}

/* For struct requests_ops. */
static char *reload(bool is_dry_run, void *arg)
{
	struct daemon *d = arg;
	struct reload r;
	char *answer;

	if (!is_dry_run)
		notify_reloading();
	prepare(d, &r);
	if (!is_dry_run) {
		apply(d, &r);
		reload_log(&r);
		if (event_feed_is_watched(d->feed))
			event_feed_emit(d->feed, "reload", NULL, reload_event(&r));
		publish_state(d, notify_ready);
	}
	answer = reload_answer(&r);
	reload_clear(&r);
	return answer;
}

/* --- timers and signals --- */

static void on_ready(void *arg)
{
	struct daemon *d = arg;
	char text[STATE_TEXT];

	if (links_is_settled(d->links) || loop_now() >= d->ready_by)
		notify_ready(describe_state(d, text));
	else
		loop_timer_set(d->ready, READY_LOOK_MS);
}

static void become_ready(struct daemon *d)
{
	d->ready_by = loop_now() + READY_MAX_MS;
	if (links_is_settled(d->links)) {
		publish_state(d, notify_ready);
		return;
	}
	publish_state(d, notify_status);
	loop_timer_set(d->ready, READY_LOOK_MS);
}

/* The service manager is notified only after both sides were served: that a timer fires is not
 * enough. */
static void on_watchdog(void *arg)
{
	struct daemon *d = arg;

	links_serve(d->links);
	notify_watchdog();
	loop_timer_set(d->watchdog, d->watchdog_ms);
}

static void on_stop(void *arg)
{
	struct daemon *d = arg;

	d->is_restart = notify_is_restart();
	d->exit_code = EXIT_WELL;
	log_notice(d->is_restart ? "stopping for a restart" : "stopping");
	notify_stopping();
	loop_stop(d->loop);
}

static void on_hangup(void *arg)
{
	free(reload(false, arg));
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

/* Nothing may interrupt the stop. The signals are blocked first, because libevent restores the
 * default action when a watch is freed. */
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

/* --- start and stop --- */

static struct probes *create_probes(struct daemon *d)
{
	const struct probes_needs needs = { .network = { .loop = d->loop,
							 .peers = d->peers,
							 .relay = d->relay,
							 .nic = find_nic,
							 .mirror = find_mirror,
							 .collect = collect,
							 .count = count_peer,
							 .arg = d },
					    .life_changed = on_life_changed };

	return probes_create(&needs);
}

static bool create(struct daemon *d, const struct config_node *self)
{
	d->peers = peers_create(d->config, self);
	d->loop = loop_create();
	if (!d->peers || !d->loop || !watch_signals(d))
		return false;
	d->started = loop_now();
	d->feed = event_feed_create();
	d->problems = problems_create();
	d->events = d->feed && d->problems ? events_create(d->loop, d->feed, d->problems) : NULL;
	d->relay = relay_create(d->peers, on_frame, d);
	d->captures = captures_create(d->loop, d->relay, d->feed);
	d->ready = loop_timer_add(d->loop, on_ready, d);
	d->watchdog = loop_timer_add(d->loop, on_watchdog, d);
	d->probes = d->relay ? create_probes(d) : NULL;
	return d->problems && d->events && d->relay && d->captures && d->ready && d->watchdog &&
	       d->probes;
}

/* The service manager usually makes the runtime directory; without one the daemon does. */
static void make_directory(const char *file)
{
	char *path = strdup(file);

	if (path && !mkdir(dirname(path), 0755))
		log_info("created the directory of %s", file);
	free(path);
}

static bool listen_to_clients(struct daemon *d)
{
	const struct requests_ops ops = { fill_state, reload, d };
	const struct requests_needs needs = { .peers = d->peers,
					      .neighbours = links_neighbours(d->links),
					      .feed = d->feed,
					      .captures = d->captures,
					      .sharing = d->sharing,
					      .doctor = probes_doctor(d->probes) };

	d->requests = requests_create(d->loop, d->options->socket, &ops, &needs);
	return d->requests;
}

static bool open_all(struct daemon *d)
{
	const struct sharing_needs shares = { .loop = d->loop,
					      .peers = d->peers,
					      .feed = d->feed,
					      .problems = d->problems,
					      .socket = d->options->socket,
					      .publish = on_shares,
					      .keep = on_forwarded,
					      .arg = d };
	const struct links_needs needs = { .loop = d->loop,
					   .peers = d->peers,
					   .events = d->events,
					   .problems = d->problems,
					   .relay = d->relay,
					   .shares = &d->shares,
					   .socket = d->options->socket,
					   .state_changed = on_links_changed,
					   .failed = on_links_failed,
					   .arg = d };

	make_directory(d->options->socket);
	d->sharing = sharing_create(&shares);
	if (!d->sharing) {
		log_error("out of memory");
		return false;
	}
	sharing_start(d->sharing);
	d->links = links_create(&needs);
	if (!d->links)
		return false;
	if (!listen_to_clients(d) || !links_open(d->links))
		return false;
	captures_set_kernel_path(d->captures, links_kernel_path(d->links));
	return true;
}

static bool start(struct daemon *d, const struct config_node *self)
{
	if (create(d, self))
		return open_all(d);
	log_error("out of memory");
	return false;
}

static void stop(struct daemon *d)
{
	ignore_signals(d);
	requests_destroy(d->requests);
	probes_destroy(d->probes);
	sharing_destroy(d->sharing, !d->is_restart && d->exit_code == EXIT_WELL);
	d->sharing = NULL;
	if (d->links && d->is_restart)
		links_hand_over(d->links);
	else if (d->links)
		links_give_back(d->links, d->exit_code == EXIT_WELL);
	links_destroy(d->links);
	relay_destroy(d->relay);
	loop_timer_free(d->ready);
	loop_timer_free(d->watchdog);
	captures_destroy(d->captures);
	events_destroy(d->events);
	problems_destroy(d->problems);
	event_feed_destroy(d->feed);
	loop_destroy(d->loop);
	peers_destroy(d->peers);
	free(d->reload_message);
}

static void run(struct daemon *d)
{
	int rc;

	if (d->options->ready(d->options->arg))
		return;
	become_ready(d);
	probes_start(d->probes);
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
