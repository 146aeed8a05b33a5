/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sharing: the shares, carried out; see sharing.h. */
#include "shares/sharing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/flow.h"
#include "persist/shares_state.h"
#include "shares/scan.h"
#include "shares/share_engine.h"
#include "shares/share_news.h"
#include "shares/share_order.h"
#include "shares/share_report.h"
#include "shares/share_store.h"

/* The first scan after a change: until then a connection may be in the making that is not there
 * yet, as with a SYN cookie. Then regularly, but not so often that the scans are a burden. */
#define SETTLE_MS 3000
#define SCAN_MS   5000
#define SCAN_REST 10 /* times as long as a scan takes */

#define CLOCK_TICK_MS 20 /* more than a tick of loop_now() */

_Static_assert(SHARING_LEFT == SHARE_ORDER_LEFT && SHARING_DEAD == SHARE_ORDER_DEAD &&
		       SHARING_TTL_MAX == SHARE_ORDER_TTL_MAX,
	       "share_order.h knows them, too");

#define TIMER_MAX_MS (3600 * 1000)

/* Who waits for a scan. */
struct waiter {
	struct waiter *next;
	void (*done)(void *arg);
	void *arg;
};

struct sharing {
	struct sharing_needs needs;
	struct share_engine *engine;
	char *path; /* of the saved state */
	int wish;
	struct shares_path out; /* what was published last */
	bool is_started;
	struct share_news news;

	struct loop_timer *deadline;  /* of the engine: the decisions change */
	struct loop_timer *next_scan; /* while a bucket is asked */
	struct scan *scan;
	struct waiter *waiters;
	uint64_t changed; /* ms: since then the buckets that are asked have become fewer only */
	long connections;

	struct report_share *nodes; /* of the report */
	struct report_shares report;
	struct share_refusal refusal;
};

/* --- what others see --- */

static const struct report_shares *fill_report(struct sharing *s)
{
	share_report_fill(s->engine, loop_now(), s->connections, s->wish, s->nodes, &s->report);
	return &s->report;
}

static void tell(struct sharing *s, const char *change)
{
	if (change && event_feed_is_watched(s->needs.feed))
		share_news_event(&s->news, change, s->engine, fill_report(s));
}

const struct report_shares *sharing_report(struct sharing *s)
{
	return s->engine->shares ? fill_report(s) : NULL;
}

/* --- saved state --- */

static void save(struct sharing *s)
{
	share_news_saved(&s->news, s->path, share_store_save(s->path, s->engine, s->wish));
}

static void save_lease(struct sharing *s)
{
	share_news_saved(&s->news, s->path, share_store_save_lease(s->path, s->engine, s->wish));
}

/* --- carrying out --- */

static unsigned timer_ms(uint64_t ms)
{
	return ms < TIMER_MAX_MS ? (unsigned)ms : TIMER_MAX_MS;
}

static void plan_deadline(struct sharing *s, uint64_t now)
{
	uint64_t next = shares_deadline(s->engine->shares, now);

	if (next == SHARES_FOREVER)
		loop_timer_cancel(s->deadline);
	else
		loop_timer_set(s->deadline, timer_ms(next - now));
}

static void carry_out(struct sharing *s)
{
	uint64_t now = loop_now();

	if (!s->is_started)
		return;
	share_engine_decide(s->engine, now, &s->out);
	s->needs.publish(&s->out, s->needs.arg);
	if (!s->engine->shares)
		return;
	plan_deadline(s, now);
	tell(s, share_news_lease(&s->news, s->engine, now));
}

/* What destination NAT forwards is not known until it is found; until then it is dropped. */
static void look_now(struct sharing *s)
{
	if (s->engine->shares && s->out.asks)
		scan_start(s->scan, &s->engine->key, s->engine->affinity);
}

static void on_deadline(void *arg)
{
	carry_out(arg);
	look_now(arg);
}

/* When connections have settled, else after `rest` ms. */
static void plan_scan(struct sharing *s, uint64_t rest)
{
	uint64_t now = loop_now(), settled = s->changed + SETTLE_MS + CLOCK_TICK_MS;

	if (s->engine->shares && shares_asking(s->engine->shares))
		loop_timer_set(s->next_scan, timer_ms(now < settled ? settled - now : rest));
	else
		loop_timer_cancel(s->next_scan);
}

/* There may be buckets that are asked now, and were not before. */
static void expect_scan(struct sharing *s)
{
	s->changed = loop_now();
	plan_scan(s, 0);
}

/* Save, before anybody learns of it, and carry out. */
static void put_into_effect(struct sharing *s)
{
	save(s);
	expect_scan(s);
	carry_out(s);
	look_now(s);
}

/* --- scans --- */

static void on_next_scan(void *arg)
{
	struct sharing *s = arg;

	if (!scan_is_running(s->scan))
		scan_start(s->scan, &s->engine->key, s->engine->affinity);
}

static void call_waiters(struct sharing *s)
{
	while (s->waiters) {
		struct waiter *w = s->waiters;

		s->waiters = w->next;
		w->done(w->arg);
		free(w);
	}
}

/* What has been asked since before the connections settled, and has none, is asked no more. */
static void note_connections(struct sharing *s, const struct scan_result *result)
{
	size_t before = shares_asking(s->engine->shares);

	s->connections = result->established;
	if (!before || result->started < s->changed + SETTLE_MS)
		return;
	shares_connections(s->engine->shares, result->has);
	if (shares_asking(s->engine->shares) == before)
		return;
	if (!shares_asking(s->engine->shares)) {
		save(s);
		share_news_asked();
		tell(s, "asked");
	}
	carry_out(s);
}

static void on_forwarded(const struct flow_tuple *connection, unsigned bucket, void *arg)
{
	struct sharing *s = arg;

	if (s->out.decisions[bucket] & (SHARES_ASKS | SHARES_CAUTIOUS))
		s->needs.keep(connection, s->needs.arg);
}

static void on_scanned(const struct scan_result *result, void *arg)
{
	uint64_t rest = SCAN_REST * (result->ended - result->started);
	struct sharing *s = arg;

	if (s->engine->shares) {
		share_news_scanned(&s->news, result->error);
		if (!result->error)
			note_connections(s, result);
		plan_scan(s, rest > SCAN_MS ? rest : SCAN_MS);
	}
	call_waiters(s);
}

void sharing_scan(struct sharing *s, void (*done)(void *arg), void *arg)
{
	struct waiter *w = s->engine->shares ? malloc(sizeof(*w)) : NULL;

	if (!w) {
		done(arg);
		return;
	}
	*w = (struct waiter){ s->waiters, done, arg };
	s->waiters = w;
	on_next_scan(s);
}

void sharing_scan_cancel(struct sharing *s, void *arg)
{
	struct waiter **place = &s->waiters;

	while (*place) {
		struct waiter *w = *place;

		if (w->arg != arg) {
			place = &w->next;
			continue;
		}
		*place = w->next;
		free(w);
	}
}

/* --- life --- */

static bool make_timers(struct sharing *s)
{
	s->deadline = loop_timer_add(s->needs.loop, on_deadline, s);
	s->next_scan = loop_timer_add(s->needs.loop, on_next_scan, s);
	s->scan = scan_create(s->needs.loop, s->needs.peers,
			      &(struct scan_handlers){ on_forwarded, on_scanned, s });
	return s->deadline && s->next_scan && s->scan;
}

/* `was`: 0, or why there is no past to go on from. It is only without a state of this boot that
 * nobody has had anything before. */
static bool follow_file(struct sharing *s, int was)
{
	struct share_engine *e = s->engine;

	if (e->mode != CONFIG_SHARES_STATIC || share_engine_is_of_file(e))
		return true;
	return share_engine_order_file(e, was == -ENOENT || was == -ESTALE, loop_now());
}

static bool make_engine(struct sharing *s)
{
	int was;

	s->engine = share_engine_create(s->needs.peers);
	s->nodes = s->engine ? calloc(s->engine->count, sizeof(*s->nodes)) : NULL;
	s->path = shares_state_path(s->needs.socket, peers_config(s->needs.peers)->interface);
	if (!s->nodes || !s->path)
		return false;
	if (!s->engine->shares) {
		shares_state_remove(s->path); /* of a past that is over */
		return true;
	}
	was = share_store_restore(s->path, s->engine, &s->wish);
	if (was == -EXDEV)
		share_news_forgotten();
	if (was && was != -ENOENT && was != -ESTALE)
		shares_assume_past(s->engine->shares, loop_now());
	if (s->engine->mode != CONFIG_SHARES_DRIVEN)
		s->wish = SHARING_NO_WISH;
	return was != -ENOMEM && follow_file(s, was);
}

struct sharing *sharing_create(const struct sharing_needs *needs)
{
	struct sharing *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->needs = *needs;
	s->wish = SHARING_NO_WISH;
	s->connections = REPORT_SHARES_NOT_COUNTED;
	s->news = (struct share_news){ .feed = needs->feed, .problems = needs->problems };
	if (make_timers(s) && make_engine(s))
		return s;
	sharing_destroy(s, false);
	return NULL;
}

void sharing_destroy(struct sharing *s, bool forget)
{
	if (!s)
		return;
	if (forget)
		shares_state_remove(s->path);
	while (s->waiters)
		sharing_scan_cancel(s, s->waiters->arg);
	scan_destroy(s->scan);
	loop_timer_free(s->next_scan);
	loop_timer_free(s->deadline);
	share_engine_destroy(s->engine);
	free(s->nodes);
	free(s->path);
	free(s);
}

void sharing_start(struct sharing *s)
{
	const struct shares *shares = s->engine->shares;

	s->is_started = true;
	if (!shares) {
		carry_out(s);
		return;
	}
	put_into_effect(s);
	if (shares_epoch(shares))
		share_news_order(s->engine, shares_epoch(shares) - 1);
}

/* --- reload --- */

/* Into `e`, what the present engine knows. False: out of memory. */
static bool keep_past(struct sharing *s, struct share_engine *e)
{
	bool has_past = s->engine->shares && e->shares;
	int rc = has_past ? share_engine_take_over(e, s->engine, loop_now()) : 0;

	if (rc == -EXDEV)
		share_news_forgotten();
	if (e->shares && (rc || !has_past)) /* all nodes have had connections until now */
		shares_assume_past(e->shares, loop_now());
	if (rc == -ENOMEM || e->mode != CONFIG_SHARES_STATIC || share_engine_is_of_file(e))
		return rc != -ENOMEM;
	return share_engine_order_file(e, false, loop_now());
}

static void replace_engine(struct sharing *s, struct share_engine *e, struct report_share *nodes)
{
	share_engine_destroy(s->engine);
	free(s->nodes);
	s->engine = e;
	s->nodes = nodes;
	if (e->mode != CONFIG_SHARES_DRIVEN)
		s->wish = SHARING_NO_WISH;
}

static void stop_sharing(struct sharing *s)
{
	loop_timer_cancel(s->deadline);
	loop_timer_cancel(s->next_scan);
	scan_stop(s->scan);
	call_waiters(s);
	share_news_over(&s->news);
	shares_state_remove(s->path);
	carry_out(s);
}

int sharing_reload(struct sharing *s)
{
	uint64_t before = s->engine->shares ? shares_epoch(s->engine->shares) : 0, now;
	struct share_engine *e = share_engine_create(s->needs.peers);
	struct report_share *nodes = e ? calloc(e->count, sizeof(*nodes)) : NULL;

	if (!nodes || !keep_past(s, e)) {
		share_engine_destroy(e);
		free(nodes);
		return -ENOMEM;
	}
	replace_engine(s, e, nodes);
	if (!e->shares) {
		stop_sharing(s);
		return 0;
	}
	put_into_effect(s);
	now = shares_epoch(e->shares);
	if (now && now != before) {
		share_news_order(e, now - 1);
		tell(s, "order");
	}
	return 0;
}

/* --- orders --- */

/* `rc` of what has put its reason into s->refusal. */
static int answer(struct sharing *s, int rc, const char **why)
{
	*why = rc ? s->refusal.text : NULL;
	return rc;
}

int sharing_set(struct sharing *s, const struct sharing_order *o, const char **why)
{
	int rc = share_order_check(s->engine, o->epoch, o->ttl, o->weights, &s->refusal);
	uint64_t before;
	bool is_renewal;

	if (rc)
		return answer(s, rc, why);
	before = shares_epoch(s->engine->shares);
	rc = share_order_give(s->engine, o->epoch, share_order_lease(o->ttl, o->sent), o->weights,
			      &is_renewal, &s->refusal);
	if (rc)
		return answer(s, rc, why);
	if (is_renewal) {
		save_lease(s);
		carry_out(s);
		return answer(s, 0, why);
	}
	put_into_effect(s);
	if (o->epoch != before) {
		share_news_order(s->engine, before);
		tell(s, "order");
	}
	return answer(s, 0, why);
}

int sharing_released(struct sharing *s, const struct sharing_release *r, const char **why)
{
	size_t i = share_engine_find(s->engine, r->node), waiting;
	int rc = share_order_check_release(s->engine, i, r->node, &s->refusal);
	bool is_new;

	if (rc)
		return answer(s, rc, why);
	waiting = shares_waiting(s->engine->shares);
	is_new = shares_released(s->engine->shares, i, r->epoch);
	if (r->is_asking && shares_still_asks(s->engine->shares, i, loop_now()))
		is_new = true;
	if (is_new)
		save(s);
	if (shares_waiting(s->engine->shares) != waiting) {
		carry_out(s);
		share_news_taken(s->engine, r->node, r->epoch);
		if (!shares_waiting(s->engine->shares))
			tell(s, "taken");
	}
	return answer(s, 0, why);
}

int sharing_wish(struct sharing *s, int weight, const char **why)
{
	int rc = share_order_check_mode(s->engine, &s->refusal);

	if (!rc && (weight < SHARING_NO_WISH || weight > SHARES_WEIGHT_MAX))
		rc = share_order_refuse(&s->refusal, -EINVAL, "a weight is from 0 to %d",
					SHARES_WEIGHT_MAX);
	if (rc || weight == s->wish)
		return answer(s, rc, why);
	s->wish = weight;
	save(s);
	share_news_wish(weight);
	tell(s, "wish");
	return answer(s, 0, why);
}

int sharing_of(struct sharing *s, const struct ip_addr *client, unsigned port,
	       struct sharing_of *out)
{
	const struct share_engine *e = s->engine;
	uint8_t decisions[SHARES_BUCKETS];
	struct shares_client c;
	uint16_t owner;

	if (!e->shares)
		return -EOPNOTSUPP;
	flow_client(&c, e->affinity, client, (uint16_t)port);
	shares_decide(e->shares, loop_now(), decisions);
	*out = (struct sharing_of){ .bucket = shares_bucket(&e->key, &c) };
	owner = shares_owner(e->shares, out->bucket);
	out->owner = owner == SHARES_NOBODY ? NULL : e->names[owner];
	out->decision = decisions[out->bucket];
	out->is_waiting = owner == e->self && !(out->decision & SHARES_TAKES);
	return 0;
}
