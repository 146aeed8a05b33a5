/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares: the engine in a model of a cluster: nodes that join, leave, drain, change their weight,
 * hang, die and come back; daemons that are started again, with the state that they saved or
 * without any; messages that are late, repeated and, but for orders, out of order.
 * After every step: no bucket is taken by two nodes; and when every message has arrived, every
 * bucket is taken by its owner.
 *
 * Compiled with few buckets, so that many runs are possible. SHARES_RUNS: their number.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/shares/shares.h"
#include "core/shares/shares_saved.h"

#define NODES      5
#define RUNS       4000
#define STEPS      210
#define CALM_STEPS 120 /* the last of them: nothing goes wrong any more */
#define TOKEN      20  /* steps without a tick until a node is dead */
#define LEASE      16  /* 0.8 of that, from the sending of a node's own last tick */
#define DELAY      4   /* most steps that a message takes to a node that does not hang */
#define MESSAGES   512
#define GRACE      1000

static const char *const names[NODES] = { "alpha", "beta", "gamma", "delta", "epsilon" };
static const uint8_t equal[NODES] = { 1, 1, 1, 1, 1 };

static uint64_t state;

static unsigned number(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* What all nodes get in the same sequence: orders, and ticks of the nodes. */
struct message {
	bool is_order;
	uint64_t epoch; /* of an order */
	enum shares_presence presence[NODES];
	uint8_t weights[NODES];
	size_t sender; /* of a tick */
	uint64_t sent;
};

struct release {
	bool is_pending;
	uint64_t epoch, due;
};

struct node {
	struct shares *engine; /* NULL: the host is down */
	size_t next;           /* message of the log */
	uint64_t tick, order;  /* when its last own tick that it got was sent; its last order */
	struct message last;
	uint64_t hangs_until; /* its driver does nothing until then */
	uint64_t held_up;     /* it gets no message until then */
	/* Its latest releases, on their way to each other node, the older ones last. */
	struct release releases[NODES][4];
};

struct cluster {
	struct shares_table *table;
	struct node nodes[NODES];
	struct message log[MESSAGES];
	size_t count; /* of the log */
	uint64_t now, epoch;
	enum shares_presence presence[NODES];
	uint8_t weights[NODES];
	uint64_t last_tick[NODES];
	bool is_calm; /* nothing goes wrong any more */
	uint64_t moves;
};

/* --- the group --- */

static void order(struct cluster *c)
{
	struct message *m = &c->log[c->count++];

	assert_true(c->count < MESSAGES);
	*m = (struct message){ .is_order = true, .epoch = ++c->epoch, .sent = c->now };
	memcpy(m->presence, c->presence, sizeof(m->presence));
	memcpy(m->weights, c->weights, sizeof(m->weights));
	/* A death is news once. */
	for (size_t i = 0; i < NODES; i++)
		if (c->presence[i] == SHARES_DEAD)
			c->presence[i] = SHARES_LEFT;
}

static bool hangs(const struct cluster *c, size_t i)
{
	return c->now < c->nodes[i].hangs_until;
}

static void tick(struct cluster *c, size_t i)
{
	struct message *m = &c->log[c->count++];

	assert_true(c->count < MESSAGES);
	*m = (struct message){ .sender = i, .sent = c->now };
	c->last_tick[i] = c->now;
}

/* Nodes that have not ticked for a token are dead; those that tick, and are not members, join. */
static void watch_members(struct cluster *c)
{
	for (size_t i = 0; i < NODES; i++)
		if (c->presence[i] == SHARES_PRESENT && c->now >= c->last_tick[i] + TOKEN) {
			c->presence[i] = SHARES_DEAD;
			order(c);
		}
}

/* --- nodes --- */

static void send_release(struct cluster *c, size_t from)
{
	struct node *n = &c->nodes[from];

	for (size_t to = 0; to < NODES; to++) {
		memmove(&n->releases[to][1], &n->releases[to][0], 3 * sizeof(struct release));
		n->releases[to][0] =
			(struct release){ true, shares_epoch(n->engine), c->now + number(DELAY) };
	}
}

/* A driver that reads that the daemon knows of no order, or of an older one than it should, asks
 * for a new one: what the others have released by the present order they do not say again. */
static bool has_lost_state(const struct node *n)
{
	return n->last.epoch && shares_epoch(n->engine) < n->last.epoch;
}

static void apply(struct cluster *c, size_t i, const struct message *m)
{
	struct node *n = &c->nodes[i];
	struct shares_order o = { m->epoch, m->presence, m->weights,
				  n->tick ? n->tick + LEASE : 0 };
	bool is_new = m->epoch > shares_epoch(n->engine);

	n->last = *m;
	assert_int_equal(shares_set(n->engine, &o, c->now), 0);
	if (is_new && m->presence[i] == SHARES_PRESENT)
		send_release(c, i);
}

static void receive(struct cluster *c, size_t i)
{
	struct node *n = &c->nodes[i];
	const struct message *m = &c->log[n->next++];

	if (m->is_order) {
		apply(c, i, m);
	} else if (m->sender == i) {
		n->tick = m->sent;
		if (n->last.epoch && !has_lost_state(n))
			apply(c, i, &n->last);
	}
}

/* All that has been under way for DELAY arrives; of the rest, some. */
static void receive_some(struct cluster *c, size_t i)
{
	struct node *n = &c->nodes[i];

	while (n->next < c->count && (c->now >= c->log[n->next].sent + DELAY || number(2)))
		receive(c, i);
}

static void receive_releases(struct cluster *c, size_t to)
{
	for (size_t from = 0; from < NODES; from++)
		for (size_t i = 0; i < 4; i++) {
			struct release *r = &c->nodes[from].releases[to][i];

			if (!r->is_pending || c->now < r->due || from == to)
				continue;
			r->is_pending = !c->is_calm && number(4) == 0; /* and once more */
			r->due = c->now + number(3 * DELAY);
			shares_released(c->nodes[to].engine, from, r->epoch);
		}
}

static void boot(struct cluster *c, size_t i)
{
	struct node *n = &c->nodes[i];

	*n = (struct node){ .engine = shares_create(c->table, NODES, i, GRACE), .next = c->count };
	assert_non_null(n->engine);
	c->presence[i] = SHARES_PRESENT;
	c->weights[i] = 1;
	tick(c, i);
	order(c);
}

static void power_off(struct cluster *c, size_t i)
{
	shares_destroy(c->nodes[i].engine);
	c->nodes[i].engine = NULL;
}

/* --- what happens --- */

/* A node that came back from a hang, and reads that it was dead to the others, joins again. */
static void join_again(struct cluster *c, size_t i)
{
	const struct node *n = &c->nodes[i];

	if (c->presence[i] == SHARES_PRESENT || !n->last.epoch ||
	    n->last.presence[i] == SHARES_PRESENT)
		return;
	c->presence[i] = SHARES_PRESENT;
	c->weights[i] = 1;
	tick(c, i);
	order(c);
}

/* The daemon alone: the host, and its driver, go on. */
static void restart_daemon(struct cluster *c, size_t i, bool keeps_state)
{
	struct node *n = &c->nodes[i];
	struct shares *old = n->engine;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_true(shares_saved_write(old, names, c->now, f));
	fclose(f);
	n->engine = shares_create(c->table, NODES, i, GRACE);
	assert_non_null(n->engine);
	if (keeps_state) {
		f = fmemopen(text, size, "r");
		assert_int_equal(
			shares_saved_read(n->engine, names, shares_lease(old), c->now + 1, f), 0);
		fclose(f);
	} else {
		order(c);
	}
	shares_destroy(old);
	free(text);
}

static bool has_drained(const struct cluster *c, size_t i)
{
	const struct node *n = &c->nodes[i];

	return n->engine && c->presence[i] == SHARES_PRESENT && !c->weights[i] &&
	       shares_epoch(n->engine) == c->epoch;
}

static void disturb(struct cluster *c, size_t i)
{
	struct node *n = &c->nodes[i];

	switch (number(40)) {
	case 0:
		n->hangs_until = c->now + number(3 * TOKEN);
		break;
	case 1:
		power_off(c, i);
		break;
	case 2:
	case 3:
		if (c->presence[i] != SHARES_PRESENT)
			break;
		c->weights[i] = (uint8_t)number(4);
		order(c);
		break;
	case 4:
		if (!has_drained(c, i))
			break;
		c->presence[i] = SHARES_LEFT;
		order(c);
		power_off(c, i);
		break;
	case 5:
	case 6:
		restart_daemon(c, i, true);
		break;
	case 7:
		restart_daemon(c, i, false);
		break;
	default:
		break;
	}
}

static void run_node(struct cluster *c, size_t i)
{
	if (!c->nodes[i].engine) {
		if (c->presence[i] != SHARES_PRESENT && (c->is_calm || number(30) == 0))
			boot(c, i);
		return;
	}
	receive_releases(c, i); /* by the daemon, which does not hang */
	if (hangs(c, i))
		return;
	receive_some(c, i);
	join_again(c, i);
	if (c->now % 3 == i % 3)
		tick(c, i);
	if (!c->is_calm)
		disturb(c, i);
}

/* --- what must hold --- */

/* New connections, too. */
static bool takes(const struct shares *engine, uint64_t now, uint8_t decision)
{
	return decision & SHARES_TAKES && now < shares_lease(engine);
}

static void check_one_taker(const struct cluster *c, unsigned takers[SHARES_BUCKETS])
{
	uint8_t decisions[SHARES_BUCKETS];

	memset(takers, 0, SHARES_BUCKETS * sizeof(*takers));
	for (size_t i = 0; i < NODES; i++) {
		if (!c->nodes[i].engine)
			continue;
		shares_decide(c->nodes[i].engine, c->now, decisions);
		for (size_t b = 0; b < SHARES_BUCKETS; b++)
			takers[b] += takes(c->nodes[i].engine, c->now, decisions[b]);
	}
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		assert_in_range(takers[b], 0, 1);
}

static bool has_pending(const struct cluster *c, const struct node *n)
{
	for (size_t to = 0; to < NODES; to++)
		for (size_t i = 0; i < 4; i++)
			if (&c->nodes[to] != n && c->nodes[to].engine &&
			    n->releases[to][i].is_pending)
				return true;
	return false;
}

/* Has every member got every order and release, and a lease? */
static bool is_settled(const struct cluster *c)
{
	bool has_owner = false;

	for (size_t i = 0; i < NODES; i++) {
		const struct node *n = &c->nodes[i];

		if (c->presence[i] != SHARES_PRESENT)
			continue;
		if (!n->engine || shares_epoch(n->engine) != c->epoch || has_pending(c, n) ||
		    c->now >= n->tick + LEASE)
			return false;
		has_owner |= c->weights[i] > 0;
	}
	return has_owner;
}

static void check(struct cluster *c)
{
	unsigned takers[SHARES_BUCKETS];

	check_one_taker(c, takers);
	if (!is_settled(c))
		return;
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		assert_int_equal(takers[b], 1);
	c->moves++;
}

static void step(struct cluster *c)
{
	c->now++;
	watch_members(c);
	for (size_t i = 0; i < NODES; i++) {
		run_node(c, i);
		check(c);
	}
}

static void calm_down(struct cluster *c)
{
	c->is_calm = true;
	for (size_t i = 0; i < NODES; i++) {
		c->nodes[i].hangs_until = 0;
		c->weights[i] = 1;
	}
	order(c);
}

static uint64_t run(unsigned seed, struct shares_table *table)
{
	static struct cluster c;

	c = (struct cluster){ .table = table, .now = 1 };
	state = seed;
	for (unsigned i = 0; i < STEPS - CALM_STEPS; i++)
		step(&c);
	calm_down(&c);
	for (unsigned i = 0; i < CALM_STEPS; i++)
		step(&c);
	assert_true(is_settled(&c));
	for (size_t i = 0; i < NODES; i++) {
		if (c.nodes[i].engine)
			assert_int_equal(shares_waiting(c.nodes[i].engine), 0);
		power_off(&c, i);
	}
	return c.moves;
}

static void never_two_owners(void **arg)
{
	const char *text = getenv("SHARES_RUNS");
	unsigned runs = text ? (unsigned)atoi(text) : RUNS;
	struct shares_table *table = shares_table_create(names, equal, NODES);
	uint64_t settled = 0;

	(void)arg;
	for (unsigned i = 0; i < runs; i++)
		settled += run(i, table);
	print_message("%u runs; settled and complete in %llu states\n", runs,
		      (unsigned long long)settled);
	assert_true(settled > runs);
	shares_table_destroy(table);
}

/* --- single events: alpha of two nodes --- */

struct pair {
	struct shares_table *table;
	struct shares *alpha;
	uint8_t decisions[SHARES_BUCKETS];
};

static struct pair make_pair(void)
{
	struct pair p = { .table = shares_table_create(names, equal, 2) };

	assert_non_null(p.table);
	p.alpha = shares_create(p.table, 2, 0, GRACE);
	assert_non_null(p.alpha);
	return p;
}

static void free_pair(struct pair *p)
{
	shares_destroy(p->alpha);
	shares_table_destroy(p->table);
}

static int set(struct pair *p, uint64_t epoch, enum shares_presence beta, uint8_t weight,
	       uint64_t lease, uint64_t now)
{
	const enum shares_presence presence[] = { SHARES_PRESENT, beta };
	const uint8_t weights[] = { weight, 1 };
	const struct shares_order o = { epoch, presence, weights, lease };

	return shares_set(p->alpha, &o, now);
}

/* How many buckets have all of these decisions. */
static size_t count_decisions(struct pair *p, uint64_t now, uint8_t wanted)
{
	size_t count = 0;

	shares_decide(p->alpha, now, p->decisions);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		count += (p->decisions[b] & wanted) == wanted;
	return count;
}

static void wrong_orders_change_nothing(void **arg)
{
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 0, SHARES_LEFT, 1, 100, 1), -EINVAL);
	assert_int_equal(set(&p, 7, SHARES_LEFT, 1, 100, 1), 0);
	assert_int_equal(set(&p, 6, SHARES_PRESENT, 1, 900, 2), -ESTALE);
	assert_int_equal(set(&p, 7, SHARES_PRESENT, 1, 900, 2), -EEXIST);
	assert_int_equal(shares_epoch(p.alpha), 7);
	assert_int_equal(shares_lease(p.alpha), 100);
	assert_int_equal(count_decisions(&p, 99, SHARES_TAKES), SHARES_BUCKETS);
	shares_released(p.alpha, 0, 8); /* nonsense: about itself, and about no node at all */
	shares_released(p.alpha, 2, 8);
	free_pair(&p);
}

static void lease_runs_out_and_is_renewed(void **arg)
{
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 5, SHARES_LEFT, 1, 100, 1), 0);
	assert_int_equal(shares_deadline(p.alpha, 50), 100);
	assert_int_equal(count_decisions(&p, 99, SHARES_ASKS), 0);
	/* without a lease it asks; but what it drops is dropped for the want of one */
	assert_int_equal(count_decisions(&p, 100, SHARES_TAKES | SHARES_ASKS), SHARES_BUCKETS);
	assert_int_equal(shares_deadline(p.alpha, 100), 1 + GRACE); /* not the lease any more */
	assert_int_equal(set(&p, 5, SHARES_LEFT, 1, 200, 100), 0);
	assert_int_equal(count_decisions(&p, 100, SHARES_ASKS), 0);
	assert_int_equal(set(&p, 5, SHARES_LEFT, 1, SHARES_FOREVER, 100), 0);
	assert_int_equal(count_decisions(&p, UINT64_MAX - 1, SHARES_ASKS), 0);
	assert_int_equal(shares_lease(p.alpha), SHARES_FOREVER);
	free_pair(&p);
}

static void nothing_is_taken_before_the_first_order(void **arg)
{
	static const uint8_t none[SHARES_BUCKETS / 8];
	struct pair p = make_pair();

	(void)arg;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(count_decisions(&p, 1, SHARES_TAKES | SHARES_ASKS),
				 SHARES_BUCKETS);
		assert_int_equal(count_decisions(&p, 1, SHARES_CAUTIOUS), 0);
		shares_connections(p.alpha, none);
	}
	assert_int_equal(shares_lease(p.alpha), 0);
	assert_int_equal(shares_epoch(p.alpha), 0);
	assert_int_equal(shares_owner(p.alpha, 0), SHARES_NOBODY);
	assert_int_equal(shares_owned(p.alpha, 0) + shares_owned(p.alpha, 1), 0);
	assert_int_equal(shares_waiting(p.alpha) + shares_asking(p.alpha), 0);
	assert_int_equal(shares_presence(p.alpha, 0), SHARES_LEFT);
	assert_int_equal(shares_weight(p.alpha, 0), 0);
	/* An order of which it does not know what was before: it may have connections anywhere. */
	assert_int_equal(set(&p, 4, SHARES_PRESENT, 3, 9000, 1), 0);
	assert_int_equal(shares_asking(p.alpha), SHARES_BUCKETS);
	assert_int_equal(shares_owned(p.alpha, 0), SHARES_BUCKETS * 3 / 4);
	assert_int_equal(shares_owned(p.alpha, 1), SHARES_BUCKETS / 4);
	assert_int_equal(shares_presence(p.alpha, 1), SHARES_PRESENT);
	assert_int_equal(shares_weight(p.alpha, 0), 3);
	free_pair(&p);
}

static void waits_for_a_release(void **arg)
{
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 5, SHARES_PRESENT, 1, 9000, 1), 0);
	assert_int_equal(shares_waiting(p.alpha), SHARES_BUCKETS / 2);
	shares_released(p.alpha, 1, 4);
	assert_int_equal(count_decisions(&p, 2, SHARES_TAKES), 0);
	shares_released(p.alpha, 1, 5);
	/* beta has not died: it may have connections in what alpha takes now */
	assert_int_equal(count_decisions(&p, 2, SHARES_TAKES | SHARES_CAUTIOUS),
			 SHARES_BUCKETS / 2);
	assert_int_equal(shares_deadline(p.alpha, 2), 1 + GRACE);
	assert_int_equal(count_decisions(&p, 1 + GRACE, SHARES_CAUTIOUS), 0);
	assert_int_equal(count_decisions(&p, 1 + GRACE, SHARES_TAKES), SHARES_BUCKETS / 2);
	free_pair(&p);
}

/* Before the first order of all no other node has had a connection: nothing to be cautious of. */
static void the_first_order_of_all_has_no_past(void **arg)
{
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 1, SHARES_PRESENT, 1, 9000, 1), 0);
	assert_int_equal(shares_waiting(p.alpha), SHARES_BUCKETS / 2);
	shares_released(p.alpha, 1, 1);
	assert_int_equal(count_decisions(&p, 2, SHARES_TAKES), SHARES_BUCKETS / 2);
	assert_int_equal(count_decisions(&p, 2, SHARES_CAUTIOUS), 0);
	/* from now on there is one */
	assert_int_equal(set(&p, 2, SHARES_LEFT, 1, 9000, 3), 0);
	assert_int_equal(count_decisions(&p, 3, SHARES_TAKES | SHARES_CAUTIOUS),
			 SHARES_BUCKETS / 2);
	free_pair(&p);
}

/* Unless there was something else before: until the nodes have died that may have had it. */
static void a_past_is_assumed(void **arg)
{
	struct pair p = make_pair();

	(void)arg;
	shares_assume_past(p.alpha, 1);
	assert_int_equal(set(&p, 1, SHARES_PRESENT, 1, 9000, 2), 0);
	shares_released(p.alpha, 1, 1);
	assert_int_equal(count_decisions(&p, 2, SHARES_TAKES | SHARES_CAUTIOUS),
			 SHARES_BUCKETS / 2);
	assert_int_equal(count_decisions(&p, 1 + GRACE, SHARES_CAUTIOUS), 0);
	assert_int_equal(set(&p, 2, SHARES_DEAD, 1, 9000, 3), 0);
	assert_int_equal(count_decisions(&p, 3, SHARES_CAUTIOUS), 0);
	free_pair(&p);
}

static void a_death_leaves_nothing_to_wait_for(void **arg)
{
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 5, SHARES_PRESENT, 1, 9000, 1), 0);
	assert_int_equal(set(&p, 6, SHARES_DEAD, 1, 9000, 3), 0);
	assert_int_equal(count_decisions(&p, 3, SHARES_TAKES), SHARES_BUCKETS);
	assert_int_equal(count_decisions(&p, 3, SHARES_CAUTIOUS), 0);
	assert_int_equal(shares_deadline(p.alpha, 3), 9000);
	free_pair(&p);
}

/* Beta has a connection for longer than the grace in a bucket that is alpha's now. */
static void asking_begins_the_grace_anew(void **arg)
{
	const size_t moved = SHARES_BUCKETS / 4;
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 1, SHARES_PRESENT, 1, SHARES_FOREVER, 1), 0);
	assert_true(shares_released(p.alpha, 1, 1));
	assert_int_equal(set(&p, 2, SHARES_PRESENT, 3, SHARES_FOREVER, 100), 0);
	assert_true(shares_released(p.alpha, 1, 2));
	assert_false(shares_released(p.alpha, 1, 2));
	assert_false(shares_still_asks(p.alpha, 0, 1000)); /* about itself, or no node at all */
	assert_false(shares_still_asks(p.alpha, 2, 1000));
	assert_false(shares_still_asks(p.alpha, 1, 100)); /* nothing gained by that */
	assert_int_equal(shares_deadline(p.alpha, 100), 100 + GRACE);
	assert_int_equal(count_decisions(&p, 99 + GRACE, SHARES_CAUTIOUS), moved);
	assert_true(shares_still_asks(p.alpha, 1, 99 + GRACE));
	assert_int_equal(count_decisions(&p, 98 + 2 * GRACE, SHARES_CAUTIOUS), moved);
	assert_int_equal(count_decisions(&p, 99 + 2 * GRACE, SHARES_CAUTIOUS), 0);
	assert_int_equal(shares_deadline(p.alpha, 99 + GRACE), 99 + 2 * GRACE);
	/* too late: nobody has minded them */
	assert_false(shares_still_asks(p.alpha, 1, 99 + 2 * GRACE));
	assert_int_equal(count_decisions(&p, 99 + 2 * GRACE, SHARES_CAUTIOUS), 0);
	/* what is beta's own is not lost: when alpha gets it, its grace is that of this order */
	assert_int_equal(set(&p, 3, SHARES_PRESENT, 100, SHARES_FOREVER, 5000), 0);
	assert_true(shares_released(p.alpha, 1, 3));
	assert_true(count_decisions(&p, 4999 + GRACE, SHARES_CAUTIOUS) > 0);
	assert_int_equal(count_decisions(&p, 5000 + GRACE, SHARES_CAUTIOUS), 0);
	free_pair(&p);
}

/* What was in the order between, nobody knows here: another node may hold anything. */
static void a_missed_order_is_as_if_there_was_none(void **arg)
{
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 1, SHARES_LEFT, 1, 9000, 1), 0);
	assert_int_equal(count_decisions(&p, 1, SHARES_TAKES), SHARES_BUCKETS);
	assert_int_equal(set(&p, 3, SHARES_PRESENT, 1, 9000, 2), 0);
	assert_int_equal(count_decisions(&p, 2, SHARES_TAKES), 0);
	assert_int_equal(shares_asking(p.alpha), SHARES_BUCKETS);
	shares_released(p.alpha, 1, 3);
	assert_int_equal(count_decisions(&p, 2, SHARES_TAKES | SHARES_CAUTIOUS),
			 SHARES_BUCKETS / 2);
	free_pair(&p);
}

/* Drained: no new connections; those that are there go on until there are none. */
static void drains(void **arg)
{
	static const uint8_t none[SHARES_BUCKETS / 8], one[SHARES_BUCKETS / 8] = { 0x01 };
	struct pair p = make_pair();

	(void)arg;
	assert_int_equal(set(&p, 1, SHARES_LEFT, 1, 9000, 1), 0);
	shares_connections(p.alpha, none);
	assert_int_equal(count_decisions(&p, 1, SHARES_ASKS), 0);
	assert_int_equal(set(&p, 2, SHARES_PRESENT, 0, 9000, 2), 0);
	assert_int_equal(count_decisions(&p, 2, SHARES_TAKES), 0);
	assert_int_equal(count_decisions(&p, 2, SHARES_ASKS), SHARES_BUCKETS);
	shares_connections(p.alpha, one);
	assert_int_equal(count_decisions(&p, 2, SHARES_ASKS), 1);
	assert_int_equal(p.decisions[0], SHARES_ASKS);
	assert_int_equal(shares_asking(p.alpha), 1);
	/* and back: beta is alive, and has had the buckets */
	assert_false(shares_lingers(p.alpha, 1, 2));
	assert_int_equal(set(&p, 3, SHARES_PRESENT, 2, 9000, 3), 0);
	assert_int_equal(count_decisions(&p, 3, SHARES_TAKES), 0);
	/* while it waits for them, too, its connections go on */
	assert_int_equal(p.decisions[0], SHARES_ASKS);
	shares_released(p.alpha, 1, 3);
	assert_int_equal(count_decisions(&p, 3, SHARES_TAKES | SHARES_CAUTIOUS),
			 shares_owned(p.alpha, 0));
	assert_true(shares_lingers(p.alpha, 1, 2 + GRACE));
	assert_false(shares_lingers(p.alpha, 1, 3 + GRACE));
	free_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_orders_change_nothing),
		cmocka_unit_test(nothing_is_taken_before_the_first_order),
		cmocka_unit_test(lease_runs_out_and_is_renewed),
		cmocka_unit_test(waits_for_a_release),
		cmocka_unit_test(asking_begins_the_grace_anew),
		cmocka_unit_test(the_first_order_of_all_has_no_past),
		cmocka_unit_test(a_past_is_assumed),
		cmocka_unit_test(a_death_leaves_nothing_to_wait_for),
		cmocka_unit_test(a_missed_order_is_as_if_there_was_none),
		cmocka_unit_test(drains),
		cmocka_unit_test(never_two_owners),
	};

	return cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
