/* SPDX-License-Identifier: GPL-2.0-or-later */
/* liveness: when peers are asked, and when they count as alive or as mute. The peers are simulated:
 * each answers after a time of its own, or not. */
#include "cluster.h"

#include "core/liveness.h"

#define START   UINT64_C(7000000)
#define PEERS   190
#define SECONDS 1000

struct other {
	bool is_there;
	bool talks;       /* sends frames of its own, but does not answer */
	unsigned delay;   /* of its answers, ms */
	uint64_t answer;  /* when its answer comes; 0: none is under way */
	unsigned asked;   /* how often */
	unsigned changes; /* of peer->liveness.life */
	uint64_t changed; /* the last one */
};

struct world {
	struct cluster c;
	struct liveness *l;
	uint64_t now, next;
	bool cannot_send, has_no_address;
	struct other others[PEERS];
	uint64_t last[LIVENESS_RATE]; /* when the last questions were asked */
	unsigned asked;
	bool is_too_often;
};

static struct other *other(struct world *w, const struct peer *peer)
{
	return &w->others[peer - peers_get(w->c.peers, 0)];
}

static enum liveness_asked ask(struct peer *peer, void *arg)
{
	struct world *w = arg;
	struct other *o = other(w, peer);

	if (w->has_no_address)
		return LIVENESS_NOT_NOW;
	if (w->cannot_send)
		return LIVENESS_LOST;
	o->asked++;
	w->is_too_often |=
		w->asked >= LIVENESS_RATE && w->now < w->last[w->asked % LIVENESS_RATE] + SECONDS;
	w->last[w->asked++ % LIVENESS_RATE] = w->now;
	if (o->is_there && !o->talks)
		o->answer = w->now + o->delay;
	return LIVENESS_ASKED;
}

static void count(struct peer *peer, void *arg)
{
	struct world *w = arg;

	if (other(w, peer)->talks)
		peer->counters.frames_in++;
}

static void changed(struct peer *peer, void *arg)
{
	struct world *w = arg;

	other(w, peer)->changes++;
	other(w, peer)->changed = w->now;
}

static struct peer *peer(struct world *w, size_t i)
{
	return peers_get(w->c.peers, i);
}

static enum peer_life life(struct world *w, size_t i)
{
	return peer(w, i)->liveness.life;
}

static void deliver(struct world *w)
{
	for (size_t i = 0; i < peers_count(w->c.peers); i++) {
		struct other *o = &w->others[i];

		if (!o->answer || w->now < o->answer)
			continue;
		o->answer = 0;
		if (o->is_there)
			liveness_answered(w->l, peer(w, i), w->now, w->now * 1000 + 250);
	}
}

/* As the event loop does: nothing is run before its time. */
static void pass(struct world *w, uint64_t ms)
{
	for (uint64_t end = w->now + ms; w->now < end; w->now++) {
		deliver(w);
		if (w->now >= w->next)
			w->next = liveness_run(w->l, w->now, w->now * 1000);
		assert_true(w->next > w->now);
	}
}

static struct world *make(struct cluster c)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct liveness_ops ops = { ask, count, changed, w };

	w->c = c;
	w->now = START;
	w->l = liveness_create(w->c.peers, &ops);
	assert_non_null(w->l);
	for (size_t i = 0; i < PEERS; i++)
		w->others[i].is_there = true;
	return w;
}

static void destroy(struct world *w)
{
	liveness_destroy(w->l);
	cluster_free(&w->c);
	free(w);
}

/* Beta and gamma. */
static int setup(void **state)
{
	*state = make(cluster_make("", "alpha"));
	return 0;
}

static int teardown(void **state)
{
	destroy(*state);
	return 0;
}

static void asked_once_a_second(void **state)
{
	struct world *w = *state;

	assert_int_equal(life(w, 0), PEER_UNASKED);
	pass(w, 20 * SECONDS);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(life(w, i), PEER_ALIVE);
		assert_int_equal(w->others[i].asked, 20);
		assert_int_equal(w->others[i].changes, 1);
		assert_true(w->others[i].changed <= START + SECONDS);
		assert_int_equal(peer(w, i)->liveness.latency_us, 1250);
		assert_true(liveness_heard(peer(w, i), w->now) >= w->now - SECONDS);
	}
}

static void mute_after_three(void **state)
{
	struct world *w = *state;

	/* Whenever it goes between two questions. */
	for (unsigned at = 0; at < SECONDS; at += 50) {
		uint64_t went;

		pass(w, 5 * SECONDS + at);
		assert_int_equal(life(w, 0), PEER_ALIVE);
		went = w->now;
		w->others[0].is_there = false;
		pass(w, 2350);
		assert_int_equal(life(w, 0), PEER_ALIVE);
		pass(w, 1100);
		assert_int_equal(life(w, 0), PEER_MUTE);
		assert_true(w->others[0].changed <= went + 3450);
		pass(w, 5 * SECONDS);
		w->others[0].is_there = true;
		went = w->now;
		pass(w, 1050);
		assert_int_equal(life(w, 0), PEER_ALIVE);
		assert_true(w->others[0].changed <= went + 1050);
		assert_int_equal(life(w, 1), PEER_ALIVE);
	}
	assert_int_equal(w->others[1].changes, 1);
}

static void two_are_not_enough(void **state)
{
	struct world *w = *state;

	pass(w, 5 * SECONDS);
	for (unsigned i = 0; i < 10; i++) {
		w->others[0].is_there = false;
		pass(w, 2 * SECONDS);
		w->others[0].is_there = true;
		pass(w, SECONDS);
	}
	assert_int_equal(w->others[0].changes, 1);
}

static void never_there(void **state)
{
	struct world *w = *state;

	w->others[0].is_there = false;
	pass(w, 3 * SECONDS);
	assert_int_equal(life(w, 0), PEER_MUTE);
	assert_int_equal(liveness_heard(peer(w, 0), w->now), 0);
	assert_int_equal(peer(w, 0)->liveness.latency_us, 0);
}

static void traffic_is_an_answer(void **state)
{
	struct world *w = *state;

	w->others[0].talks = true;
	pass(w, 20 * SECONDS);
	assert_int_equal(life(w, 0), PEER_ALIVE);
	assert_true(liveness_heard(peer(w, 0), w->now) >= w->now - SECONDS);
	w->others[0].talks = false;
	w->others[0].is_there = false;
	pass(w, 4 * SECONDS);
	assert_int_equal(life(w, 0), PEER_MUTE);
	peer(w, 0)->counters.frames_in++; /* since the last question */
	assert_int_equal(liveness_heard(peer(w, 0), w->now), w->now);
}

/* Whenever it comes within the interval. */
static void traffic_between_questions(void **state)
{
	struct world *w = *state;

	w->others[0].is_there = false;
	for (unsigned at = 50; at < SECONDS; at += 100) {
		pass(w, 5 * SECONDS);
		pass(w, SECONDS - w->now % SECONDS + at);
		for (unsigned i = 0; i < 10; i++) {
			peer(w, 0)->counters.frames_in++;
			pass(w, SECONDS);
		}
		assert_int_equal(life(w, 0), PEER_ALIVE);
		pass(w, 2450); /* 3.45 s after the last frame */
		assert_int_equal(life(w, 0), PEER_MUTE);
	}
}

/* It asks, but nothing reaches it. */
static void questions_of_its_own_are_no_answers(void **state)
{
	struct world *w = *state;

	w->others[0].is_there = false;
	for (unsigned i = 0; i < 100; i++) {
		peer(w, 0)->counters.frames_in++;
		peer(w, 0)->liveness.resolutions++;
		pass(w, 100);
	}
	assert_int_equal(life(w, 0), PEER_MUTE);
	assert_int_equal(liveness_heard(peer(w, 0), w->now), 0);
}

/* Slower than an answer is waited for, but it answers. */
static void late_answers(void **state)
{
	struct world *w = *state;

	w->others[0].delay = 700;
	pass(w, 20 * SECONDS);
	assert_int_equal(life(w, 0), PEER_ALIVE);
	assert_int_equal(w->others[0].changes, 1);
}

static void only_what_is_asked_is_kept(void **state)
{
	struct world *w = *state;

	pass(w, 1);
	assert_false(liveness_answered(w->l, peer(w, 1), w->now, 1)); /* not asked yet */
	assert_int_equal(life(w, 1), PEER_UNASKED);
	w->others[0].answer = 0;
	assert_true(liveness_answered(w->l, peer(w, 0), w->now, w->now * 1000));
	assert_false(liveness_answered(w->l, peer(w, 0), w->now, w->now * 1000));
}

static void without_carrier(void **state)
{
	struct world *w = *state;

	pass(w, 5 * SECONDS);
	w->cannot_send = true;
	pass(w, 3450);
	assert_int_equal(life(w, 0), PEER_MUTE);
	assert_int_equal(life(w, 1), PEER_MUTE);
	w->cannot_send = false;
	pass(w, 1050);
	assert_int_equal(life(w, 0), PEER_ALIVE);
	assert_int_equal(life(w, 1), PEER_ALIVE);
}

static void no_address_to_ask_from(void **state)
{
	struct world *w = *state;

	pass(w, 5 * SECONDS);
	w->has_no_address = true;
	pass(w, 10 * SECONDS);
	assert_int_equal(life(w, 0), PEER_UNASKED);
	assert_int_equal(liveness_heard(peer(w, 0), w->now), 0);
}

/* The daemon was stopped for a minute, and the answer to its last question waits. */
static void slept(void **state)
{
	struct world *w = *state;
	unsigned asked;

	pass(w, 5 * SECONDS);
	w->now += 60 * SECONDS;
	w->next = liveness_run(w->l, w->now, w->now * 1000); /* before the answer is read */
	asked = w->others[0].asked;
	pass(w, 5 * SECONDS);
	assert_int_equal(w->others[0].changes, 1);
	assert_in_range(w->others[0].asked - asked, 4, 5);
}

static void off(void **state)
{
	struct world *w = *state;

	pass(w, 5 * SECONDS);
	w->c.config->liveness = 0;
	liveness_reload(w->l);
	assert_int_equal(life(w, 0), PEER_UNASKED);
	assert_int_equal(w->others[0].changes, 2);
	assert_true(liveness_run(w->l, w->now, w->now * 1000) == LIVENESS_NEVER);
	assert_false(liveness_answered(w->l, peer(w, 0), w->now, 1));
	w->c.config->liveness = 100;
	liveness_reload(w->l);
	w->next = 0;
	w->others[0].asked = 0;
	pass(w, SECONDS);
	assert_int_equal(life(w, 0), PEER_ALIVE);
	assert_int_equal(w->others[0].asked, 10);
}

/* 190 peers and this node. */
static struct cluster make_many(const char *keys)
{
	struct cluster c = { 0 };
	struct config_report report = { 0 };
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	fprintf(f, CLUSTER_HEAD "%s[node self]\naddress = 12.12.5.1/16\n", keys);
	for (unsigned i = 0; i < PEERS; i++)
		fprintf(f, "[node n%u]\naddress = 12.12.6.%u/16\n", i, i + 1);
	fclose(f);
	f = fmemopen(text, size, "r");
	c.config = config_read(f, &report);
	fclose(f);
	free(text);
	config_report_clear(&report);
	assert_non_null(c.config);
	c.peers = peers_create(c.config, config_find_node(c.config, "self"));
	assert_non_null(c.peers);
	return c;
}

static void many_are_asked_less_often(void **state)
{
	const char *const intervals[] = { "", "liveness = 100ms\n", "liveness = 500ms\n" };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		struct world *w = make(make_many(intervals[k]));

		pass(w, 20 * SECONDS);
		assert_false(w->is_too_often);
		for (size_t i = 0; i < PEERS; i++) {
			assert_in_range(w->others[i].asked, 9, 10);
			assert_int_equal(life(w, i), PEER_ALIVE);
		}
		destroy(w);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(asked_once_a_second),
		TEST(mute_after_three),
		TEST(two_are_not_enough),
		TEST(never_there),
		TEST(traffic_is_an_answer),
		TEST(traffic_between_questions),
		TEST(questions_of_its_own_are_no_answers),
		TEST(late_answers),
		TEST(only_what_is_asked_is_kept),
		TEST(without_carrier),
		TEST(no_address_to_ask_from),
		TEST(slept),
		TEST(off),
		cmocka_unit_test(many_are_asked_less_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
