/* SPDX-License-Identifier: GPL-2.0-or-later */
/* liveness: which peers answer; see liveness.h. */
#include "core/liveness.h"

#include <stdlib.h>
#include <string.h>

/* With many peers several are asked at once, so that the event loop wakes up less often: so many
 * that no second, wherever it begins, has more than LIVENESS_RATE questions. */
#define STEP_MS  100
#define STEP_MAX (LIVENESS_RATE / (1000 / STEP_MS + 1))

struct liveness {
	const struct peers *peers;
	struct liveness_ops ops;
	uint64_t next_step; /* when to ask again, ms */
	size_t next;        /* the peer to ask then */
};

static unsigned interval(const struct liveness *l)
{
	return peers_config(l->peers)->liveness;
}

static uint64_t patience(const struct liveness *l)
{
	return interval(l) * 4u / 10;
}

/* Steps of at least STEP_MS; of each, how many are asked. */
static uint64_t step(const struct liveness *l, size_t *count)
{
	size_t all = peers_count(l->peers);
	uint64_t ms = interval(l) / all;

	*count = 1;
	if (ms >= STEP_MS)
		return ms;
	*count = (all * STEP_MS + interval(l) - 1) / interval(l);
	if (*count > STEP_MAX)
		*count = STEP_MAX;
	return STEP_MS;
}

static void set_life(struct liveness *l, struct peer *peer, enum peer_life life, uint64_t now)
{
	if (peer->liveness.life == life)
		return;
	peer->liveness.life = life;
	peer->liveness.alive_since = now;
	l->ops.changed(peer, l->ops.arg);
}

/* What was counted before stays known, so that it is not taken for news. */
static void forget(struct liveness *l, struct peer *peer)
{
	const struct peer_liveness was = peer->liveness;

	peer->liveness =
		(struct peer_liveness){ .resolutions = was.resolutions, .traffic = was.traffic };
	if (was.life != PEER_UNASKED)
		l->ops.changed(peer, l->ops.arg);
}

/* Its own frames, other than ARP and Neighbour Discovery: a peer that hears nothing goes on asking.
 */
static void look(struct peer *peer, uint64_t now)
{
	struct peer_liveness *p = &peer->liveness;
	uint64_t traffic = peer->counters.frames_in - p->resolutions;

	if ((int64_t)(traffic - p->traffic) > 0 && p->asked) {
		p->has_traffic = true;
		p->missed = 0;
		p->heard = now;
	}
	p->traffic = traffic;
}

/* --- questions --- */

static void ask(struct liveness *l, struct peer *peer, uint64_t now, uint64_t now_us)
{
	struct peer_liveness *p = &peer->liveness;

	p->asked = now;
	p->asked_us = now_us;
	p->is_waiting = true; /* the answer may come at once */
	if (l->ops.ask(peer, l->ops.arg) == LIVENESS_NOT_NOW)
		forget(l, peer);
}

static void ask_next(struct liveness *l, size_t count, uint64_t now, uint64_t now_us)
{
	size_t all = peers_count(l->peers);

	for (size_t i = 0; i < count; i++) {
		struct peer *peer = peers_get(l->peers, (l->next + i) % all);

		l->ops.count(peer, l->ops.arg);
		look(peer, now);
		if (peer->liveness.has_traffic)
			set_life(l, peer, PEER_ALIVE, now);
		peer->liveness.has_traffic = false;
		ask(l, peer, now, now_us);
	}
	l->next = (l->next + count) % all;
}

/* --- answers --- */

static bool is_overdue(const struct liveness *l, const struct peer *peer, uint64_t now)
{
	return peer->liveness.is_waiting && now >= peer->liveness.asked + patience(l);
}

static void hear(struct liveness *l, struct peer *peer, uint64_t now)
{
	peer->liveness.missed = 0;
	peer->liveness.heard = now;
	set_life(l, peer, PEER_ALIVE, now);
}

static void judge(struct liveness *l, struct peer *peer, uint64_t now)
{
	struct peer_liveness *p = &peer->liveness;

	p->is_waiting = false;
	l->ops.count(peer, l->ops.arg);
	look(peer, now);
	if (p->has_traffic)
		set_life(l, peer, PEER_ALIVE, now);
	else if (++p->missed >= LIVENESS_PATIENCE)
		set_life(l, peer, PEER_MUTE, now);
}

static void judge_overdue(struct liveness *l, uint64_t now)
{
	for (size_t i = 0; i < peers_count(l->peers); i++)
		if (is_overdue(l, peers_get(l->peers, i), now))
			judge(l, peers_get(l->peers, i), now);
}

bool liveness_answered(struct liveness *l, struct peer *peer, uint64_t now, uint64_t now_us)
{
	struct peer_liveness *p = &peer->liveness;

	if (!p->asked)
		return false;
	hear(l, peer, now); /* also if it comes late, or to a question of the stack */
	if (!p->is_waiting)
		return false;
	p->is_waiting = false;
	p->latency_us = now_us > p->asked_us ? (unsigned)(now_us - p->asked_us) : 1;
	return true;
}

uint64_t liveness_heard(struct peer *peer, uint64_t now)
{
	look(peer, now);
	return peer->liveness.heard;
}

/* --- life --- */

static uint64_t next_deadline(const struct liveness *l)
{
	uint64_t next = l->next_step;

	for (size_t i = 0; i < peers_count(l->peers); i++) {
		const struct peer_liveness *p = &peers_get(l->peers, i)->liveness;

		if (p->is_waiting && p->asked + patience(l) < next)
			next = p->asked + patience(l);
	}
	return next;
}

uint64_t liveness_run(struct liveness *l, uint64_t now, uint64_t now_us)
{
	size_t count;
	uint64_t ms;

	if (!interval(l) || !peers_count(l->peers))
		return LIVENESS_NEVER;
	judge_overdue(l, now);
	if (now >= l->next_step) {
		ms = step(l, &count);
		ask_next(l, count, now, now_us);
		/* Steps that were slept through are not made up for. */
		l->next_step = l->next_step + ms > now ? l->next_step + ms : now + ms;
	}
	return next_deadline(l);
}

void liveness_reload(struct liveness *l)
{
	l->next = 0;
	l->next_step = 0;
	for (size_t i = 0; !interval(l) && i < peers_count(l->peers); i++)
		forget(l, peers_get(l->peers, i));
}

struct liveness *liveness_create(const struct peers *peers, const struct liveness_ops *ops)
{
	struct liveness *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->peers = peers;
	l->ops = *ops;
	return l;
}

void liveness_destroy(struct liveness *l)
{
	free(l);
}
