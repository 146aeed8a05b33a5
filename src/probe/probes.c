/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probes: the questions that the daemon asks the peers; see probes.h. */
#include "probe/probes.h"

#include <stdlib.h>
#include <time.h>

#include "core/liveness.h"
#include "probe/question.h"

struct probes {
	struct probes_needs needs;
	struct liveness *liveness;
	struct loop_timer *timer;
};

/* loop_now() has the resolution of the kernel's tick, which is longer than an answer takes. */
static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static enum liveness_asked ask(struct peer *peer, void *arg)
{
	struct probes *p = arg;
	const struct ip_addr *target = question_target(p->needs.peers, peer);
	uint8_t frame[QUESTION_MAX];
	size_t len;

	if (!target)
		return LIVENESS_NOT_NOW;
	if (!p->needs.can_send(p->needs.arg))
		return LIVENESS_LOST;
	len = question_write(frame, p->needs.peers, &peer->node->dedicated, target);
	relay_inject(p->needs.relay, frame, len);
	return LIVENESS_ASKED;
}

static void count(struct peer *peer, void *arg)
{
	struct probes *p = arg;

	p->needs.count(peer, p->needs.arg);
}

static void changed(struct peer *peer, void *arg)
{
	struct probes *p = arg;

	p->needs.life_changed(peer, p->needs.arg);
}

static void run(void *arg)
{
	struct probes *p = arg;
	uint64_t us = now_us(), next = liveness_run(p->liveness, us / 1000, us);

	if (next == LIVENESS_NEVER)
		loop_timer_cancel(p->timer);
	else
		loop_timer_set(p->timer, next > us / 1000 ? (unsigned)(next - us / 1000) : 0);
}

/* An answer from the peer that has the address, to an own address. What is sent to all is none. */
static bool on_resolution(const struct rewrite_result *result, void *arg)
{
	struct probes *p = arg;
	uint64_t us;

	if (result->verdict.drop != DROP_NONE || !result->is_reply || !result->peer ||
	    !(result->destination & MAC_SELF_DEDICATED) ||
	    peers_by_ip(p->needs.peers, &result->sender_ip).peer != result->peer)
		return false;
	us = now_us();
	return liveness_answered(p->liveness, result->peer, us / 1000, us);
}

struct probes *probes_create(const struct probes_needs *needs)
{
	struct probes *p = calloc(1, sizeof(*p));
	const struct liveness_ops ops = { ask, count, changed, p };

	if (!p)
		return NULL;
	p->needs = *needs;
	p->liveness = liveness_create(needs->peers, &ops);
	p->timer = loop_timer_add(needs->loop, run, p);
	if (p->liveness && p->timer)
		return p;
	probes_destroy(p);
	return NULL;
}

void probes_destroy(struct probes *p)
{
	if (!p)
		return;
	relay_listen(p->needs.relay, NULL, NULL);
	loop_timer_free(p->timer);
	liveness_destroy(p->liveness);
	free(p);
}

void probes_start(struct probes *p)
{
	relay_listen(p->needs.relay, on_resolution, p);
	liveness_reload(p->liveness);
	run(p);
}
