/* SPDX-License-Identifier: GPL-2.0-or-later */
/* group: what the drivers decide together; see group.h. */
#include "corosync/group.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS        10          /* after a message that could not be sent */
#define ASKING_AGAIN_MS (60 * 1000) /* an hour of the daemon begins anew */
#define SENT_MAX        64

/* A tick that has been sent, and may come back. */
struct sent {
	uint64_t seq, at; /* at: ms; 0: none */
	uint64_t view;
	unsigned lease; /* as it says: ms */
};

struct group {
	struct group_handlers handlers;
	bool serves_without_quorum;
	bool is_joined, is_ring_known, is_quorate, is_stopping;
	struct group_roster roster;
	struct group_host host;

	struct group_order order; /* the latest that this node knows */
	uint64_t order_at;        /* when it came: ms */
	bool is_kept_back;        /* the daemon gets it with the first lease */
	uint64_t confirmed;       /* it is in force since then: ms; 0: it is not known to be */
	uint64_t view;            /* the membership of corosync in which messages are delivered */

	struct sent sent[SENT_MAX]; /* by seq % SENT_MAX */
	uint64_t seq;               /* of the last tick sent */
	uint64_t first_seq;         /* of the first one since it became a member; 0: none yet */
	uint64_t returned;  /* when the last tick that came back had been sent: ms; 0: none */
	uint64_t echoed;    /* likewise, also if it was sent in another membership */
	uint64_t lease;     /* likewise, of one with a lease */
	unsigned lease_ttl; /* of that one: ms */
	uint64_t tick_at, plan_at; /* when they are due: ms */
	uint64_t pending;          /* an order of this epoch is on its way; 0: none */
	uint64_t pending_at;       /* since then: ms */

	char said_self[2 * GROUP_REASON_SIZE]; /* what was noted last */
	uint32_t said_malformed;
};

/* --- life --- */

struct group *group_create(const struct group_handlers *handlers, bool serves_without_quorum)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->handlers = *handlers;
	g->serves_without_quorum = serves_without_quorum;
	g->plan_at = UINT64_MAX;
	group_set_timing(g, 1000, 1200);
	return g;
}

void group_destroy(struct group *g)
{
	free(g);
}

void group_set_timing(struct group *g, unsigned token, unsigned consensus)
{
	g->roster.timing = group_timing(token, consensus);
}

__attribute__((format(printf, 3, 4))) static void note(const struct group *g, bool is_warning,
						       const char *format, ...)
{
	char text[4 * GROUP_REASON_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	g->handlers.note(is_warning, text, g->handlers.arg);
}

/* --- what this node may do --- */

/* Is it among nodes that may serve clients? */
static bool is_serving(const struct group *g)
{
	return g->is_joined && g->is_ring_known && (g->is_quorate || g->serves_without_quorum);
}

/* While this node has, or may have, a lease, no order leaves it out without its knowledge: so the
 * order that it knows is the one in force. */
static bool is_in_force(const struct group *g, uint64_t now)
{
	return g->order.epoch && ((g->lease && now <= g->lease + g->lease_ttl) ||
				  (g->confirmed && now <= g->confirmed + g->roster.timing.lease));
}

static bool is_of_this_file(const struct group *g)
{
	return g->host.print[0] && !strcmp(g->host.print, g->order.print);
}

static struct group_plan_input input(struct group *g, uint64_t now)
{
	return (struct group_plan_input){ &g->roster,    &g->order,     g->order_at, g->host.print,
					  g->host.nodes, g->host.count, now };
}

/* The configuration that holds, if it is not this node's; else NULL. A node whose configuration
 * does not hold any more gives up its share, also if the one that holds does not know it, and so
 * has no order for it. */
static const char *outvoted_by(struct group *g, uint64_t now)
{
	struct group_plan_input in = input(g, now);
	const char *print = group_plan_print(&in);

	return print[0] && strcmp(print, g->host.print) != 0 ? print : NULL;
}

/* Two nodes of one name would both be meant: it is the one with the node id. */
static bool is_in_order(const struct group *g)
{
	const struct group_share *s = group_order_find(&g->order, g->host.name);

	return s && s->weight >= 0 && (!s->nodeid || s->nodeid == g->roster.self);
}

static bool may_lease(struct group *g, uint64_t now)
{
	return is_serving(g) && is_in_force(g, now) && is_of_this_file(g) && !outvoted_by(g, now) &&
	       g->host.health != GROUP_AWAY && is_in_order(g) && g->returned &&
	       now - g->returned <= g->roster.timing.unheard;
}

/* --- orders for the daemon --- */

/* Also while it is away: one that has refused an order may carry out the next one. It would refuse
 * one without any node, which is nothing to carry out: all have given up what they had. */
static void give(struct group *g)
{
	if (!g->order.epoch || !is_of_this_file(g) || !group_order_has_node(&g->order))
		return;
	g->is_kept_back = false;
	/* Without a lease: one that ended long ago. */
	g->handlers.set(&g->order, g->lease ? g->lease : 1, g->lease ? g->lease_ttl : 1,
			g->handlers.arg);
}

/* A driver that has just begun has no lease yet, but its daemon, if it has carried out the order
 * before this one, may have one of the driver before: that goes on until the first lease of this
 * one, which comes soon. */
static void give_soon(struct group *g)
{
	g->is_kept_back = !g->lease && is_serving(g) && g->host.health != GROUP_AWAY &&
			  g->host.order.epoch + 1 == g->order.epoch &&
			  group_order_weight(&g->order, g->host.name) >= 0;
	if (!g->is_kept_back)
		give(g);
}

static void tell_release(struct group *g, struct group_member *m, uint64_t now)
{
	struct group_id mine = group_order_id(&g->order);
	bool is_news = m->told != g->order.epoch,
	     is_asking = m->tick.is_asking &&
			 (!m->told_asking || now - m->told_asking >= ASKING_AGAIN_MS);

	if (m->nodeid == g->roster.self || !m->has_tick || !g->order.epoch ||
	    g->host.order.epoch != g->order.epoch || m->tick.applied != g->order.epoch ||
	    !group_id_is(&m->tick.known, &mine) || !group_order_find(&g->order, m->tick.name) ||
	    !(is_news || is_asking))
		return;
	m->told = g->order.epoch;
	m->told_asking = is_asking ? now : m->tick.is_asking ? m->told_asking : 0;
	g->handlers.released(m->tick.name, g->order.epoch, is_asking, g->handlers.arg);
}

static void tell_releases(struct group *g, uint64_t now)
{
	for (size_t i = 0; i < g->roster.count; i++)
		tell_release(g, &g->roster.list[i], now);
}

/* --- ticks --- */

static void fill_tick(struct group *g, uint64_t now, struct group_tick *t)
{
	const struct group_host *h = &g->host;

	*t = (struct group_tick){
		/* Later than the ticks of an earlier driver on this node. */
		.seq = now > g->seq ? now : g->seq + 1,
		.health = h->health,
		.lease = g->roster.timing.lease,
		.unheard = g->roster.timing.unheard,
		.leases = may_lease(g, now),
		.is_in_force = is_in_force(g, now),
		.is_leaving = g->is_stopping,
		.is_cut = h->health == GROUP_OUT && h->is_cut,
		.is_asking = h->is_asking,
		.known = group_order_id(&g->order),
		.applied = h->order.epoch,
	};
	strcpy(t->name, h->name);
	strcpy(t->print, h->print);
	strcpy(t->reason, h->reason);
	t->weight = h->wish >= 0 ? h->wish : 0;
	for (size_t i = 0; h->wish < 0 && i < h->count; i++)
		if (!strcmp(h->nodes[i].name, h->name))
			t->weight = h->nodes[i].weight;
}

static bool send_text(const struct group *g, char *text)
{
	bool is_sent = text && g->handlers.send(text, strlen(text), g->handlers.arg);

	free(text);
	return is_sent;
}

static void send_tick(struct group *g, uint64_t now)
{
	struct group_tick tick;

	fill_tick(g, now, &tick);
	if (!send_text(g, group_message_tick(&tick))) {
		g->tick_at = now + RETRY_MS;
		return;
	}
	g->seq = tick.seq;
	g->first_seq = g->first_seq ? g->first_seq : tick.seq;
	g->sent[tick.seq % SENT_MAX] = (struct sent){ tick.seq, now, g->view, tick.lease };
	g->tick_at = now + g->roster.timing.tick;
}

/* Something has changed that the others have to know. */
static void tick_soon(struct group *g, uint64_t now)
{
	if (g->is_joined)
		g->tick_at = now;
}

/* This node's own tick has come back. */
static void note_return(struct group *g, const struct group_tick *t, uint64_t now)
{
	const struct sent *s = &g->sent[t->seq % SENT_MAX];

	if (s->seq != t->seq || !s->at)
		return;
	g->echoed = s->at;
	/* One that was waiting for another membership says nothing about this one. */
	if (s->view != g->view)
		return;
	g->returned = s->at;
	if (!t->leases || !is_serving(g) || !is_in_force(g, now))
		return;
	g->lease = s->at;
	g->lease_ttl = s->lease;
	give(g);
}

/* --- planning --- */

static void plan(struct group *g, uint64_t now)
{
	struct group_plan_input in = input(g, now);
	struct group_order next;

	g->plan_at = UINT64_MAX;
	if (!is_serving(g) || !g->host.print[0])
		return;
	if (g->pending && now - g->pending_at < g->roster.timing.token) {
		g->plan_at = g->pending_at + g->roster.timing.token;
		return;
	}
	g->pending = 0;
	if (!group_plan_next(&in, &next, &g->plan_at))
		return;
	next.view = g->view;
	if (!send_text(g, group_message_order(&next))) {
		g->plan_at = now + RETRY_MS;
		return;
	}
	g->pending = next.epoch;
	g->pending_at = now;
	g->plan_at = now + g->roster.timing.token;
}

/* --- what this node is not used for, in words --- */

static void note_self(struct group *g, uint64_t now)
{
	const char *print = is_serving(g) && g->host.print[0] ? outvoted_by(g, now) : NULL;
	char text[sizeof(g->said_self)] = "";
	size_t nodes = 0;

	if (!g->is_joined || g->is_stopping)
		return;
	for (size_t i = 0; i < g->roster.count; i++)
		nodes += g->roster.list[i].is_in_ring;
	if (g->host.health != GROUP_USABLE)
		snprintf(text, sizeof(text), "this node takes no clients: %s", g->host.reason);
	else if (print)
		snprintf(text, sizeof(text),
			 "this node's configuration is not that of the others (fingerprint %s,"
			 " theirs %s): it takes no clients until their files are the same, and"
			 " loaded",
			 g->host.print, print);
	else if (g->is_ring_known && !is_serving(g))
		snprintf(text, sizeof(text),
			 "no quorum, corosync sees %zu node%s: this node takes no new connections"
			 " (no_quorum = stop)",
			 nodes, nodes == 1 ? "" : "s");
	if (!strcmp(text, g->said_self))
		return;
	if (text[0] || g->said_self[0])
		note(g, text[0], "%s", text[0] ? text : "this node takes part again");
	strcpy(g->said_self, text);
}

/* Another member has a configuration that does not hold. */
static void note_print(struct group *g, const struct group_member *m)
{
	if (m->nodeid != g->roster.self && m->tick.print[0] && g->order.print[0] &&
	    strcmp(m->tick.print, g->order.print) != 0)
		note(g, true,
		     "%s (node %" PRIu32 ") has another configuration (fingerprint %s, not %s): "
		     "refused, it gets no share",
		     m->tick.name, m->nodeid, m->tick.print, g->order.print);
}

/* Another member has another reason to be out. */
static void note_reason(struct group *g, const struct group_member *m)
{
	if (m->nodeid != g->roster.self && m->tick.reason[0])
		note(g, false, "node %" PRIu32 "%s%s takes no clients: %s", m->nodeid,
		     m->tick.name[0] ? ", " : "", m->tick.name, m->tick.reason);
}

/* --- messages --- */

static void fill_node_ids(struct group *g, const struct group_member *m)
{
	for (size_t i = 0; i < g->order.count; i++)
		if (!g->order.shares[i].nodeid && !strcmp(g->order.shares[i].name, m->tick.name))
			g->order.shares[i].nodeid = m->nodeid;
}

static void on_tick(struct group *g, uint32_t from, const struct group_tick *t, uint64_t now)
{
	struct group_member *m = group_roster_find(&g->roster, from);
	char was[GROUP_PRINT_SIZE] = "", reason[GROUP_REASON_SIZE] = "";

	if (m && m->has_tick) {
		strcpy(was, m->tick.print);
		strcpy(reason, m->tick.reason);
	}
	m = group_roster_tick(&g->roster, from, t, now);
	if (!m)
		return;
	fill_node_ids(g, m);
	if (strcmp(was, m->tick.print) != 0)
		note_print(g, m);
	if (strcmp(reason, m->tick.reason) != 0)
		note_reason(g, m);
	if (from == g->roster.self)
		note_return(g, t, now);
	tell_release(g, m, now);
}

/* Why the order is void at this node, and at all others; NULL: it is not. */
static const char *flaw(struct group *g, uint32_t from, const struct group_order *o)
{
	const struct group_share *mine = group_order_find(o, g->host.name);

	for (size_t i = 0; i < g->roster.count; i++) {
		const struct group_member *m = &g->roster.list[i];

		if (m->is_member && m->has_tick && m->heard_order > g->roster.messages_before &&
		    o->epoch <= m->tick.known.epoch)
			return "a member knows a later one";
	}
	if (o->epoch <= g->order.epoch)
		return "there is a later one";
	if (o->view != g->view)
		return "it was made for another membership";
	if (mine && mine->weight >= 0 && (!g->first_seq || mine->heard < g->first_seq))
		return "it was sent before this node was heard";
	for (size_t i = 0; i < o->count; i++) {
		const struct group_share *s = &o->shares[i];

		if (s->is_removed && group_roster_is_later(&g->roster, s->nodeid, s->seen, from))
			return "a node that it leaves out has a lease";
	}
	return NULL;
}

static void on_order(struct group *g, uint32_t from, const struct group_order *o, uint64_t now)
{
	const char *why = flaw(g, from, o);
	char text[2 * GROUP_REASON_SIZE];
	bool is_other_file;

	if (from == g->roster.self)
		g->pending = 0;
	if (why) {
		note(g, false, "order %" PRIu64 " of node %" PRIu32 " is void: %s", o->epoch, from,
		     why);
		return;
	}
	if (g->is_kept_back)
		give(g); /* the daemon is not to miss one */
	is_other_file = strcmp(g->order.print, o->print);
	g->order = *o;
	g->order_at = now;
	for (size_t i = 0; is_other_file && i < g->roster.count; i++)
		if (g->roster.list[i].is_member && g->roster.list[i].has_tick)
			note_print(g, &g->roster.list[i]);
	/* Not since now: this node may have been hanging. A tick that came back before the order
	 * was sent before the others got it, from when they count. */
	if (group_order_weight(o, g->host.name) >= 0)
		g->confirmed = g->echoed;
	group_order_describe(o, text, sizeof(text));
	note(g, false, "order %" PRIu64 ": %s", o->epoch, text);
	give_soon(g);
	tick_soon(g, now);
}

void group_message(struct group *g, uint32_t from, const char *text, size_t len, uint64_t now)
{
	struct group_message message;
	const char *why;

	if (!group_message_parse(text, len, &message, &why)) {
		if (from != g->said_malformed)
			note(g, true, "node %" PRIu32 " has sent %s: ignored", from, why);
		g->said_malformed = from;
		return;
	}
	if (message.is_order)
		on_order(g, from, &message.order, now);
	else
		on_tick(g, from, &message.tick, now);
	note_self(g, now);
	plan(g, now);
}

/* --- membership --- */

/* What the daemon has carried out of another driver's: this one goes on from there. It takes no
 * order that is not later. */
static void adopt(struct group *g, uint64_t now)
{
	struct group_id mine = group_order_id(&g->order), its = group_order_id(&g->host.order);

	if (g->host.health == GROUP_AWAY || !its.epoch || its.epoch < mine.epoch ||
	    group_id_is(&mine, &its))
		return;
	g->order = g->host.order;
	g->order_at = now;
	g->confirmed = 0;
	g->lease = 0;
	for (size_t i = 0; i < g->roster.count; i++)
		if (g->roster.list[i].has_tick)
			fill_node_ids(g, &g->roster.list[i]);
}

void group_joined(struct group *g, uint32_t nodeid, uint64_t now)
{
	group_roster_start(&g->roster, nodeid, now);
	g->is_joined = true;
	g->is_ring_known = false;
	g->returned = g->echoed = 0;
	g->first_seq = 0;
	g->pending = 0;
	memset(g->sent, 0, sizeof(g->sent));
	tick_soon(g, now);
}

void group_lost(struct group *g)
{
	g->is_joined = false;
	g->is_ring_known = false;
	g->is_kept_back = false;
	g->plan_at = UINT64_MAX;
}

void group_members(struct group *g, const uint32_t *nodes, size_t count, bool is_merged,
		   uint64_t now)
{
	group_roster_members(&g->roster, nodes, count, is_merged, now);
	if (is_merged) /* they may know a later order */
		g->confirmed = 0;
	tick_soon(g, now);
	plan(g, now);
}

void group_view(struct group *g, uint64_t id)
{
	if (id != g->view)
		group_roster_view(&g->roster);
	g->view = id;
}

void group_ring(struct group *g, bool is_quorate, const uint32_t *nodes, size_t count, uint64_t now)
{
	bool was_quorate = g->is_quorate;

	g->is_ring_known = nodes;
	if (!nodes)
		return;
	g->is_quorate = is_quorate;
	group_roster_ring(&g->roster, nodes, count, now);
	if (is_quorate && !was_quorate)
		note(g, false, "corosync has quorum with %zu nodes", count);
	note_self(g, now);
	tick_soon(g, now);
	plan(g, now);
}

void group_host(struct group *g, const struct group_host *host, uint64_t now)
{
	struct group_host was = g->host;

	g->host = *host;
	adopt(g, now);
	if (was.health == GROUP_AWAY || host->order.epoch < was.order.epoch)
		for (size_t i = 0; i < g->roster.count; i++)
			g->roster.list[i].told = 0; /* it may have forgotten */
	/* It has come back, or has lost what it had. */
	if (host->health != GROUP_AWAY && host->order.epoch < g->order.epoch &&
	    (was.health == GROUP_AWAY || host->order.epoch < was.order.epoch))
		give(g);
	tell_releases(g, now);
	if (was.health != host->health || was.wish != host->wish || was.is_cut != host->is_cut ||
	    was.order.epoch != host->order.epoch || strcmp(was.print, host->print) != 0)
		tick_soon(g, now);
	note_self(g, now);
}

/* --- stop, and time --- */

void group_stop(struct group *g, uint64_t now)
{
	g->is_stopping = true;
	tick_soon(g, now);
}

bool group_has_left(const struct group *g)
{
	return !is_serving(g) || g->host.health == GROUP_AWAY || !is_of_this_file(g) ||
	       group_order_weight(&g->order, g->host.name) < 0;
}

void group_timer(struct group *g, uint64_t now)
{
	if (g->is_joined && now >= g->tick_at)
		send_tick(g, now);
	if (g->is_kept_back && now - g->order_at >= g->roster.timing.silence)
		give(g);
	if (now >= g->plan_at)
		plan(g, now);
}

uint64_t group_deadline(const struct group *g)
{
	uint64_t tick = g->is_joined ? g->tick_at : UINT64_MAX;

	return tick < g->plan_at ? tick : g->plan_at;
}

void group_describe(const struct group *g, uint64_t now, char *text, size_t size)
{
	char order[GROUP_REASON_SIZE];

	group_order_describe(&g->order, order, sizeof(order));
	if (!g->is_joined)
		snprintf(text, size, "waits for corosync");
	else if (g->said_self[0])
		snprintf(text, size, "%s", g->said_self);
	else if (!is_in_force(g, now))
		snprintf(text, size, "waits for an order");
	else
		snprintf(text, size, "order %" PRIu64 ": %s", g->order.epoch, order);
}
