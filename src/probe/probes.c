/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probes: the questions that the daemon asks the peers; see probes.h. */
#include "probe/probes.h"

#include <net/if.h>
#include <stdlib.h>
#include <time.h>

#include "core/liveness.h"
#include "probe/question.h"

struct probes {
	struct probes_needs needs;
	struct liveness *liveness;
	struct doctor *doctor;
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
	const struct ip_addr *target = question_target(p->needs.network.peers, peer);
	const struct netlink_link *nic = p->needs.network.nic(p->needs.network.arg);
	uint8_t frame[QUESTION_MAX];
	size_t len;

	if (!target)
		return LIVENESS_NOT_NOW;
	if (!nic || !(nic->flags & IFF_RUNNING))
		return LIVENESS_LOST;
	len = question_write_plain(frame, p->needs.network.peers, &peer->node->dedicated, target);
	relay_inject(p->needs.network.relay, frame, len);
	return LIVENESS_ASKED;
}

static void count(struct peer *peer, void *arg)
{
	struct probes *p = arg;

	p->needs.network.count(peer, p->needs.network.arg);
}

static void changed(struct peer *peer, void *arg)
{
	struct probes *p = arg;

	p->needs.life_changed(peer, p->needs.network.arg);
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

/* An answer of the peer that has the address, to this node alone. */
static bool is_answer(const struct probes *p, const struct rewrite_result *result)
{
	const struct ip_addr *asked;

	if (result->verdict.drop != DROP_NONE || !result->keys.is_reply || !result->peer ||
	    !(result->keys.eth_dst & MAC_SELF_DEDICATED))
		return false;
	asked = question_target(p->needs.network.peers, result->peer);
	return asked && ip_equal(asked, &result->sender_ip);
}

/* The stack waits for an answer, too: it asks again after this time, ms. */
#define STACK_WAITS_MS 1000

static bool on_answer(struct probes *p, struct peer *peer)
{
	uint64_t us = now_us(), now = us / 1000, stack_asked = peer->liveness.stack_asked;

	bool is_waited_for = liveness_answered(p->liveness, peer, now, us);

	peer->liveness.stack_asked = 0;
	if (peer->state == PEER_FAILED) /* a failure is true for a time: see peer_neigh.h */
		p->needs.life_changed(peer, p->needs.network.arg);
	return is_waited_for && !(stack_asked && now < stack_asked + STACK_WAITS_MS);
}

static bool on_resolution(enum rewrite_direction direction, const struct rewrite_result *result,
			  void *arg)
{
	struct probes *p = arg;
	bool is_own;

	if (direction == REWRITE_EGRESS) {
		if (!result->keys.is_reply && result->peer)
			result->peer->liveness.stack_asked = now_us() / 1000;
		return false;
	}
	is_own = is_answer(p, result) && on_answer(p, result->peer);
	if (!is_own && result->peer && result->verdict.drop == DROP_NONE)
		result->peer->liveness.resolutions++;
	if (!is_own)
		doctor_heard(p->doctor, result);
	return is_own;
}

struct probes *probes_create(const struct probes_needs *needs)
{
	struct probes *p = calloc(1, sizeof(*p));
	const struct liveness_ops liveness = { ask, count, changed, p };

	if (!p)
		return NULL;
	p->needs = *needs;
	p->liveness = liveness_create(needs->network.peers, &liveness);
	p->doctor = doctor_create(&needs->network);
	p->timer = loop_timer_add(needs->network.loop, run, p);
	if (p->liveness && p->doctor && p->timer)
		return p;
	probes_destroy(p);
	return NULL;
}

void probes_destroy(struct probes *p)
{
	if (!p)
		return;
	relay_listen(p->needs.network.relay, NULL, NULL);
	loop_timer_free(p->timer);
	doctor_destroy(p->doctor);
	liveness_destroy(p->liveness);
	free(p);
}

void probes_start(struct probes *p)
{
	relay_listen(p->needs.network.relay, on_resolution, p);
	doctor_stop(p->doctor);
	liveness_reload(p->liveness);
	run(p);
}

struct doctor *probes_doctor(struct probes *p)
{
	return p->doctor;
}
