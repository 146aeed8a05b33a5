/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host: this node's daemon; see host.h. */
#include "corosync/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "corosync/control_link.h"
#include "corosync/host_answer.h"

/* Before it is usable again: a port of a switch that comes up may not forward yet. */
#ifndef HOST_PROBATION_MS
#define HOST_PROBATION_MS 1000
#endif
/* Without carrier for so long, connections are not worth waiting for. */
#ifndef HOST_CUT_MS
#define HOST_CUT_MS 30000
#endif
#define PATIENCE_MS     1000 /* until host_set_patience() */
#define SHARES_PATIENCE 4    /* `shares` counts connections first: so many times the patience */

/* What is to be asked, a bit each. */
enum { ASK_STATUS = 1, ASK_CONFIG = 2, ASK_SHARES = 4, ASK_ALL = 7 };

/* A release that waits to be told to the daemon; the newest of each node. */
struct release {
	char name[GROUP_NAME_SIZE];
	uint64_t epoch;
	bool is_asking;
};

struct host {
	struct control_link *link;
	struct host_handlers handlers;
	struct loop_timer *timer; /* the end of the probation, or is_cut */
	unsigned patience;
	struct group_host state, told;
	bool *is_gone; /* to be set when it is destroyed from within changed(); or NULL */

	/* What is known of the daemon. */
	bool is_up, is_silent;
	int down;       /* errno value: why there is no stream */
	unsigned known; /* of ASK_ALL */
	struct host_status status;
	char mode[HOST_MODE_SIZE];
	unsigned corosync_id;
	char refusal[GROUP_REASON_SIZE]; /* of the last order; "": none */
	/* The configuration of that order, and the epoch that the daemon had then. With others than
	 * these, which are read after each refusal, it may carry out what it has refused. */
	char refused_print[GROUP_PRINT_SIZE];
	uint64_t refused_at;
	bool is_refusing;
	char logged[GROUP_REASON_SIZE]; /* the refusal that was logged last */

	uint64_t cut_since;   /* without carrier; 0: it has carrier, or it is not known */
	bool had_reason;      /* to be out, when it was last judged and not away */
	uint64_t clear_since; /* without such a reason; 0: there never was one */

	/* What is asked. Of each kind one request is under way, and at most one waits. */
	unsigned wanted, asked;
	bool is_set_asked, is_set_wanted, is_release_asked;
	struct group_order order_asked, order_wanted;
	uint64_t sent;
	unsigned ttl;
	struct release releases[GROUP_NODES_MAX];
	size_t release_count;
};

/* --- judging --- */

/* Why the daemon is not to be reckoned with. False: it is. */
static bool is_away(const struct host *h, char *why, size_t size)
{
	if (!h->is_up && !h->down)
		snprintf(why, size, "clusterarpd has not been asked yet");
	else if (!h->is_up)
		snprintf(why, size, "clusterarpd does not run: %s", strerror(h->down));
	else if (h->is_silent)
		snprintf(why, size, "clusterarpd does not answer");
	else if (h->known != ASK_ALL)
		snprintf(why, size, "clusterarpd has not answered yet");
	else if (strcmp(h->mode, "driven") != 0)
		snprintf(why, size, "shares = %s in the file of clusterarpd", h->mode);
	else if (h->is_refusing)
		snprintf(why, size, "clusterarpd refuses orders: %.130s", h->refusal);
	else
		return false;
	return true;
}

/* Why it is not to have clients. */
static bool is_out(const struct host *h, char *why, size_t size)
{
	if (!h->status.has_carrier)
		snprintf(why, size, "the NIC has no carrier");
	else if (h->status.problem[0])
		snprintf(why, size, "%s", h->status.problem);
	else
		return false;
	return true;
}

static void note_carrier(struct host *h, uint64_t now)
{
	bool is_known = h->is_up && h->known & ASK_STATUS;

	if (!is_known || h->status.has_carrier)
		h->cut_since = 0;
	else if (!h->cut_since)
		h->cut_since = now;
	h->state.is_cut = h->cut_since && now - h->cut_since >= HOST_CUT_MS;
}

static bool is_on_probation(const struct host *h, uint64_t now)
{
	return !h->had_reason && h->clear_since && now - h->clear_since < HOST_PROBATION_MS;
}

static void wait_until(struct host *h, uint64_t now)
{
	uint64_t end = 0;

	if (is_on_probation(h, now))
		end = h->clear_since + HOST_PROBATION_MS;
	else if (h->cut_since && !h->state.is_cut)
		end = h->cut_since + HOST_CUT_MS;
	if (end)
		loop_timer_set(h->timer, (unsigned)(end - now));
	else
		loop_timer_cancel(h->timer);
}

/* Decide on the health anew. */
static void judge(struct host *h)
{
	uint64_t now = loop_now();
	char why[GROUP_REASON_SIZE] = "";
	enum group_health health = GROUP_USABLE;

	note_carrier(h, now);
	if (is_away(h, why, sizeof(why)))
		health = GROUP_AWAY;
	else if (is_out(h, why, sizeof(why)))
		health = GROUP_OUT;
	if (health == GROUP_USABLE && h->had_reason)
		h->clear_since = now;
	/* A daemon that was away for a moment, as after a crash, has kept its share. */
	if (health != GROUP_AWAY)
		h->had_reason = health == GROUP_OUT;
	if (health == GROUP_USABLE && is_on_probation(h, now)) {
		health = GROUP_OUT;
		snprintf(why, sizeof(why), "back, but for less than a second");
	}
	h->state.health = health;
	memset(h->state.reason, 0, sizeof(h->state.reason));
	memcpy(h->state.reason, why, strlen(why));
	wait_until(h, now);
}

/* To be called from the event loop alone. `is_answer`: in any case. False: *h is gone. */
static bool tell(struct host *h, bool is_answer)
{
	bool is_gone = false;

	judge(h);
	if (!is_answer && !memcmp(&h->told, &h->state, sizeof(h->state)))
		return true;
	h->told = h->state;
	h->is_gone = &is_gone;
	h->handlers.changed(h->handlers.arg);
	if (!is_gone)
		h->is_gone = NULL;
	return !is_gone;
}

static void on_timer(void *arg)
{
	tell(arg, false);
}

/* --- the state of the daemon --- */

static void ask_next(struct host *h);

/* The answer to a question has come, or not. */
static void answered(struct host *h, unsigned what, const json_t *answer, bool is_read)
{
	h->asked &= ~what;
	h->is_silent = !answer;
	if (is_read)
		h->known |= what;
	if (tell(h, false))
		ask_next(h);
}

static void on_status(const json_t *answer, void *arg)
{
	struct host *h = arg;
	json_int_t generation = h->status.generation;
	bool is_read = host_answer_status(answer, &h->state, &h->status);

	if (is_read && h->known & ASK_STATUS && generation != h->status.generation) {
		h->wanted |= ASK_CONFIG | ASK_SHARES;
		h->refusal[0] = '\0';
		h->is_refusing = false;
	}
	answered(h, ASK_STATUS, answer, is_read);
}

static void on_config(const json_t *answer, void *arg)
{
	struct host *h = arg;

	answered(h, ASK_CONFIG, answer,
		 host_answer_config(answer, &h->state, &h->corosync_id) && h->state.name[0]);
}

static void on_shares(const json_t *answer, void *arg)
{
	struct host *h = arg;
	bool is_read = host_answer_shares(answer, &h->state, h->mode);

	if (is_read)
		h->is_refusing = h->refusal[0] && h->state.order.epoch == h->refused_at &&
				 !strcmp(h->state.print, h->refused_print);
	answered(h, ASK_SHARES, answer, is_read);
}

static void ask(struct host *h, unsigned what, const char *command, unsigned patience,
		void (*done)(const json_t *answer, void *arg))
{
	if (!(h->wanted & what) || h->asked & what)
		return;
	if (!control_link_ask(h->link, json_pack("{s:s}", "command", command), patience, done, h))
		return;
	h->wanted &= ~what;
	h->asked |= what;
}

/* Ask what is wanted, and is not being asked. The first answer to `config` is of use only when the
 * name is known: the requests are answered in this order. */
static void ask_next(struct host *h)
{
	if (!h->is_up)
		return;
	ask(h, ASK_STATUS, "status", h->patience, on_status);
	ask(h, ASK_CONFIG, "config", h->patience, on_config);
	ask(h, ASK_SHARES, "shares", SHARES_PATIENCE * h->patience, on_shares);
}

/* --- orders and releases --- */

/* Returns why the daemon has refused, after logging it once; NULL: it has not, or not answered. */
static const char *note_refusal(struct host *h, const json_t *answer)
{
	const char *refusal = host_answer_refusal(answer);
	char text[GROUP_REASON_SIZE];

	h->is_silent = !answer;
	if (!answer) { /* it may be another daemon that comes to read what waits */
		h->is_set_wanted = false;
		h->release_count = 0;
	}
	if (!refusal)
		return NULL;
	snprintf(text, sizeof(text), "%s", refusal);
	if (strcmp(text, h->logged) != 0)
		log_warning("clusterarpd refuses an order: %s", text);
	memcpy(h->logged, text, sizeof(text));
	return refusal;
}

static void set_next(struct host *h);

static void on_set(const json_t *answer, void *arg)
{
	struct host *h = arg;
	const char *refusal = note_refusal(h, answer);

	h->is_set_asked = false;
	if (answer)
		snprintf(h->refusal, sizeof(h->refusal), "%s", refusal ? refusal : "");
	if (answer && !refusal) {
		/* What was asked says more than the answer: see read_order(). */
		h->state.order = h->order_asked;
		host_answer_shares(answer, &h->state, h->mode);
		h->logged[0] = '\0';
		h->is_refusing = false;
	}
	if (refusal) { /* it may have been told to do something else by now: look */
		strcpy(h->refused_print, h->order_asked.print);
		h->refused_at = h->state.order.epoch;
		h->wanted |= ASK_SHARES;
	}
	if (tell(h, true)) {
		set_next(h);
		ask_next(h);
	}
}

static void set_next(struct host *h)
{
	json_t *request;

	if (!h->is_set_wanted || h->is_set_asked || !h->is_up)
		return;
	request = host_answer_set(&h->order_wanted, h->sent, h->ttl);
	if (!request || !control_link_ask(h->link, request, h->patience, on_set, h))
		return;
	h->order_asked = h->order_wanted;
	h->is_set_asked = true;
	h->is_set_wanted = false;
}

static void release_next(struct host *h);

static void on_released(const json_t *answer, void *arg)
{
	struct host *h = arg;

	h->is_release_asked = false;
	if (!note_refusal(h, answer))
		host_answer_shares(answer, &h->state, h->mode);
	if (tell(h, true))
		release_next(h);
}

static void release_next(struct host *h)
{
	const struct release *r = &h->releases[0];
	json_t *request;

	if (!h->release_count || h->is_release_asked || !h->is_up)
		return;
	request = host_answer_released(r->name, r->epoch, r->is_asking);
	if (!request || !control_link_ask(h->link, request, h->patience, on_released, h))
		return;
	h->is_release_asked = true;
	h->release_count--;
	memmove(h->releases, h->releases + 1, h->release_count * sizeof(h->releases[0]));
}

/* --- the stream of events --- */

static void on_up(void *arg)
{
	struct host *h = arg;

	h->is_up = true;
	h->down = 0;
	h->is_silent = false;
	h->known = 0;
	h->refusal[0] = '\0';
	h->is_refusing = false;
	h->wanted = ASK_ALL;
	if (tell(h, false))
		ask_next(h);
}

static void on_down(int error, void *arg)
{
	struct host *h = arg;

	h->is_up = false;
	h->down = error;
	h->known = 0;
	h->wanted = 0;
	h->is_set_wanted = false;
	h->release_count = 0;
	tell(h, false);
}

static void on_event(const json_t *event, void *arg)
{
	struct host *h = arg;
	const char *name = json_string_value(json_object_get(event, "event"));

	if (!name)
		return;
	if (!strcmp(name, "reload"))
		h->wanted |= ASK_ALL;
	else if (!strcmp(name, "link") || !strcmp(name, "shares"))
		h->wanted |= ASK_STATUS;
	else
		return;
	/* An order of another driver (clusterarpctl shares set): the event does not tell it all. */
	if (!strcmp(name, "shares") && !host_answer_event(event, &h->state) && !h->is_set_asked)
		h->wanted |= ASK_SHARES;
	if (tell(h, false))
		ask_next(h);
}

/* --- see host.h --- */

struct host *host_create(struct loop *loop, const char *socket,
			 const struct host_handlers *handlers)
{
	struct host *h = calloc(1, sizeof(*h));
	const struct control_link_handlers link = { on_up, on_event, on_down, h };

	if (!h)
		return NULL;
	h->handlers = *handlers;
	h->patience = PATIENCE_MS;
	h->state.wish = -1;
	h->timer = loop_timer_add(loop, on_timer, h);
	h->link = control_link_create(loop, socket, &link);
	if (!h->timer || !h->link) {
		host_destroy(h);
		return NULL;
	}
	judge(h);
	h->told = h->state;
	return h;
}

void host_destroy(struct host *h)
{
	if (!h)
		return;
	if (h->is_gone)
		*h->is_gone = true;
	control_link_destroy(h->link);
	loop_timer_free(h->timer);
	free(h);
}

void host_set_patience(struct host *h, unsigned ms)
{
	h->patience = ms;
}

const struct group_host *host_state(const struct host *h)
{
	return &h->state;
}

unsigned host_corosync_id(const struct host *h)
{
	return h->corosync_id;
}

void host_set(struct host *h, const struct group_order *order, uint64_t sent, unsigned ttl)
{
	if (!h->is_up)
		return;
	h->order_wanted = *order;
	h->sent = sent;
	h->ttl = ttl;
	h->is_set_wanted = true;
	set_next(h);
}

void host_released(struct host *h, const char *node, uint64_t epoch, bool is_asking)
{
	struct release *r = h->releases, *end = h->releases + h->release_count;

	if (!h->is_up)
		return;
	while (r < end && strcmp(r->name, node) != 0)
		r++;
	if (r == h->releases + GROUP_NODES_MAX)
		return;
	h->release_count += r == end;
	*r = (struct release){ .epoch = epoch, .is_asking = is_asking };
	snprintf(r->name, sizeof(r->name), "%s", node);
	release_next(h);
}

void host_refresh(struct host *h)
{
	h->wanted |= ASK_STATUS;
	if (!h->is_silent)
		h->wanted |= ASK_ALL & ~h->known & ~h->asked;
	ask_next(h);
}
