/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events: log lines and monitor events about peers, dropped frames and the NIC; see events.h. */
#include "report/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/ratelimit.h"
#include "config/config.h"
#include "core/peer_neigh.h"
#include "report/repeats.h"
#include "report/report_line.h"

#define LINES_PER_SECOND 10
/* One of the node's own frames may come back once while a switch learns. If they come back for this
 * many seconds without a pause, there is a loop, or a second host runs as this node. */
#define ECHO_SECONDS   2
#define ECHO_REPEAT_MS 60000
#define NOTE_MS        1000

enum reason { REASON_SPOOFED, REASON_CONFLICT, REASON_REPAIRED };

#define TAP_LINES 20

struct events {
	struct event_feed *monitor;
	struct problems *problems;
	struct ratelimit limit;
	struct loop_timer *summary; /* of what the limit has suppressed */
	bool is_summary_due;        /* it runs */
	struct repeats *repeats;
	struct loop_timer *next_repeat;
	uint64_t echo_first, echo_last, echo_told; /* ms; 0: never */
	uint64_t echo_noted, conflict_noted;       /* in `problems` */
	uint64_t tap_minute;                       /* ms */
	unsigned tap_lines, tap_left_out;
};

static void on_summary(void *arg)
{
	struct events *e = arg;
	uint64_t n = ratelimit_take_suppressed(&e->limit);

	e->is_summary_due = false;
	if (n)
		log_warning("%" PRIu64 " more events were not logged", n);
}

/* A summary follows within a second of the first suppressed line. */
static void summarize_later(struct events *e)
{
	if (!e->limit.suppressed || e->is_summary_due)
		return;
	e->is_summary_due = true;
	loop_timer_set(e->summary, 1000);
}

static void log_repeats(const struct repeats_line *line)
{
	char mac[MAC_STRLEN], ip[IP_STRLEN], count[64];

	mac_format(&line->key.mac, mac);
	ip_format(&line->key.ip, ip);
	snprintf(count, sizeof(count), "%" PRIu64 " times in %s",
		 line->is_over ? line->total : line->count,
		 line->is_over ? "all" : "the last minute");
	if (line->key.reason == REASON_SPOOFED)
		log_warning("%s %s the address %s of a peer: dropped %s", mac,
			    line->is_over ? "no longer claims" : "still claims", ip, count);
	else if (line->key.reason == REASON_CONFLICT)
		log_warning("address conflict: %s %s %s: dropped %s", mac,
			    line->is_over ? "no longer uses" : "still uses", ip, count);
	else
		log_warning("the neighbour entry for %s is %s changed to %s: corrected %s", ip,
			    line->is_over ? "no longer" : "still", mac, count);
}

static void repeat_later(struct events *e, uint64_t now)
{
	uint64_t deadline = repeats_deadline(e->repeats);

	if (deadline != REPEATS_NEVER)
		loop_timer_set(e->next_repeat, deadline > now ? (unsigned)(deadline - now) : 0);
}

static void on_repeat(void *arg)
{
	struct events *e = arg;
	uint64_t now = loop_now();
	struct repeats_line line;

	while (repeats_next(e->repeats, now, &line))
		log_repeats(&line);
	summarize_later(e);
	repeat_later(e, now);
}

/* An event that may repeat: write its line now? */
static bool may_log_repeat(struct events *e, enum reason reason, const struct mac *mac,
			   const struct ip_addr *ip)
{
	const struct repeats_key key = { .reason = reason, .mac = *mac, .ip = *ip };
	bool is_first = repeats_deadline(e->repeats) == REPEATS_NEVER;
	uint64_t now = loop_now();
	bool may = repeats_add(e->repeats, &key, now);

	summarize_later(e);
	if (is_first)
		repeat_later(e, now);
	return may;
}

struct events *events_create(struct loop *loop, struct event_feed *monitor,
			     struct problems *problems)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->monitor = monitor;
	e->problems = problems;
	e->limit.per_second = LINES_PER_SECOND;
	e->summary = loop_timer_add(loop, on_summary, e);
	e->repeats = repeats_create(&e->limit);
	e->next_repeat = loop_timer_add(loop, on_repeat, e);
	if (e->summary && e->repeats && e->next_repeat)
		return e;
	events_destroy(e);
	return NULL;
}

void events_destroy(struct events *events)
{
	if (!events)
		return;
	repeats_destroy(events->repeats);
	on_summary(events);
	loop_timer_free(events->next_repeat);
	loop_timer_free(events->summary);
	free(events);
}

/* May a line be written now? */
static bool may_log(struct events *e, uint64_t now)
{
	bool may = ratelimit_allow(&e->limit, now);

	summarize_later(e);
	return may;
}

/* Once a second is enough for what each frame of a flood would change. */
static bool may_note(uint64_t *noted, uint64_t now)
{
	if (*noted && now - *noted < NOTE_MS)
		return false;
	*noted = now;
	return true;
}

static void echo(struct events *e, uint64_t now)
{
	if (!e->echo_last || now - e->echo_last > 1500)
		e->echo_first = now;
	e->echo_last = now;
	if (now - e->echo_first < ECHO_SECONDS * 1000)
		return;
	if (may_note(&e->echo_noted, now))
		problems_set_until(
			e->problems, now + EVENTS_PROBLEM_MS, "echo", PROBLEM_WARNING,
			"this node's own frames come back from the wire, less than 5 minutes ago: "
			"look for a second host that runs as this node (clusterarpd -n), a loop "
			"between switches, or a bond that the switch does not know as one link");
	if ((e->echo_told && now - e->echo_told < ECHO_REPEAT_MS) || !may_log(e, now))
		return;
	e->echo_told = now;
	log_warning("this node's own frames keep coming back from the wire: a loop in the "
		    "network, or a second host that runs as this node");
}

/* An IP address and the MAC that has or claims it. */
static json_t *entry_json(const struct ip_addr *dst, const struct mac *lladdr)
{
	char ip[IP_STRLEN], mac[MAC_STRLEN];

	return json_pack("{s:s, s:s}", "dst", ip_format(dst, ip), "lladdr",
			 mac_format(lladdr, mac));
}

static void emit_dropped(struct events *e, const struct rewrite_result *result)
{
	const char *name = counters_drop_name(result->verdict.drop);
	bool has_peer = result->verdict.drop == DROP_SPOOFED && result->peer;

	if (!event_feed_is_watched(e->monitor))
		return;
	event_feed_emit(e->monitor, name, has_peer ? result->peer->node->name : NULL,
			result->verdict.drop == DROP_ECHO
				? json_object()
				: entry_json(&result->sender_ip, &result->sender_mac));
}

static void log_dropped(const struct rewrite_result *result)
{
	char mac[MAC_STRLEN], ip[IP_STRLEN];

	mac_format(&result->sender_mac, mac);
	ip_format(&result->sender_ip, ip);
	if (result->verdict.drop == DROP_SPOOFED)
		log_warning("%s claims the address %s of node %s: dropped (a spoofer, or "
			    "that node without its daemon)",
			    mac, ip, result->peer ? result->peer->node->name : "?");
	else
		log_warning("address conflict: %s uses %s, an address of this node: dropped", mac,
			    ip);
}

static void note_conflict(struct events *e, const struct rewrite_result *result, uint64_t now)
{
	char mac[MAC_STRLEN], ip[IP_STRLEN];

	if (may_note(&e->conflict_noted, now))
		problems_set_until(
			e->problems, now + EVENTS_PROBLEM_MS, "conflict", PROBLEM_WARNING,
			"another host, %s, uses %s, an address of this node, less than 5 minutes "
			"ago: find it by this MAC in the switch's table and give it another "
			"address; if it is a node, its file differs (clusterarpd -t)",
			mac_format(&result->sender_mac, mac), ip_format(&result->sender_ip, ip));
}

void events_dropped(struct events *e, const struct rewrite_result *result)
{
	enum reason reason =
		result->verdict.drop == DROP_SPOOFED ? REASON_SPOOFED : REASON_CONFLICT;

	emit_dropped(e, result);
	if (result->verdict.drop == DROP_CONFLICT)
		note_conflict(e, result, loop_now());
	if (result->verdict.drop == DROP_ECHO)
		echo(e, loop_now());
	else if (may_log_repeat(e, reason, &result->sender_mac, &result->sender_ip))
		log_dropped(result);
}

void events_peer_changed(struct events *e, const struct peer *peer, enum peer_state before)
{
	if (event_feed_is_watched(e->monitor))
		event_feed_emit(e->monitor, "peer_state", peer->node->name,
				json_pack("{s:s, s:s}", "state", peer_neigh_state_name(peer->state),
					  "previous", peer_neigh_state_name(before)));
}

/* At most TAP_LINES a minute; those left out are in the first line of a later minute. */
static bool may_log_tap(struct events *e, uint64_t now)
{
	if (now - e->tap_minute > 60000) {
		e->tap_minute = now;
		e->tap_lines = 0;
	}
	if (e->tap_lines < TAP_LINES && may_log(e, now)) {
		e->tap_lines++;
		return true;
	}
	e->tap_left_out++;
	return false;
}

void events_tap_repaired(struct events *e, const char *dev, const char *what)
{
	if (event_feed_is_watched(e->monitor))
		event_feed_emit(
			e->monitor, "tap_repaired", NULL,
			json_pack("{s:o, s:s}", "dev", report_line_name(dev), "what", what));
	if (!may_log_tap(e, loop_now()))
		return;
	if (e->tap_left_out)
		log_warning("%s: another program changed it (%s): corrected, and %u times before",
			    dev, what, e->tap_left_out);
	else
		log_warning("%s: another program changed it (%s): corrected", dev, what);
	e->tap_left_out = 0;
}

void events_link(struct events *e, const char *dev, const struct netlink_link *link)
{
	if (event_feed_is_watched(e->monitor))
		event_feed_emit(e->monitor, "link", NULL,
				json_pack("{s:o, s:b, s:b, s:i}", "dev", report_line_name(dev),
					  "present", link != NULL, "carrier", link && link->carrier,
					  "mtu", link ? (int)link->mtu : 0));
}

/* Log the state only if the last such line about this peer was the other one, or there was none: a
 * peer that is silent, and that the kernel cannot resolve later, has one line. */
void events_peer_state(struct events *e, struct peer *peer)
{
	enum peer_state state = peer->state == PEER_RESOLVED ? PEER_RESOLVED : PEER_FAILED;

	if (peer->told == state)
		return;
	peer->told = state;
	if (!may_log(e, loop_now()))
		return;
	if (state == PEER_FAILED)
		log_warning("node %s does not answer", peer->node->name);
	else
		log_notice("node %s is reachable", peer->node->name);
}

void events_peer_repaired(struct events *e, const struct peer *peer, const struct mirror_entry *was)
{
	char ip[IP_STRLEN], mac[MAC_STRLEN];

	if (event_feed_is_watched(e->monitor))
		event_feed_emit(e->monitor, "repaired", peer->node->name,
				entry_json(&was->dst, &was->lladdr));
	if (may_log_repeat(e, REASON_REPAIRED, &was->lladdr, &was->dst))
		log_warning("the neighbour entry of node %s (%s) was changed to %s: corrected",
			    peer->node->name, ip_format(&was->dst, ip),
			    mac_format(&was->lladdr, mac));
}

void events_peer_error(struct events *e, const struct peer *peer, int error)
{
	if (may_log(e, loop_now()))
		log_warning_errno(error, "cannot write the neighbour entry of node %s",
				  peer->node->name);
}
