/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shares: states that are saved and restored: whole ones, of other nodes, cut, and damaged.
 * Compiled with few buckets.
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

#include "core/shares/shares_saved.h"

#define GRACE 1000
#define NOW   50

static const char *const abc[] = { "alpha", "beta", "gamma" };
static const uint8_t equal[] = { 1, 1, 1 };

/* An engine of alpha, or of another one of at most three names. */
struct one {
	struct shares_table *table;
	struct shares *engine;
	const char *const *names;
	size_t count;
};

static struct one make(const char *const *names, size_t count, size_t self)
{
	struct one o = { .table = shares_table_create(names, equal, count),
			 .names = names,
			 .count = count };

	assert_non_null(o.table);
	o.engine = shares_create(o.table, count, self, GRACE);
	assert_non_null(o.engine);
	return o;
}

static void drop(struct one *o)
{
	shares_destroy(o->engine);
	shares_table_destroy(o->table);
}

/* Alpha after some orders: it takes, asks, waits, is cautious, and knows a release to come. */
static struct one busy(void)
{
	static const enum shares_presence two[] = { SHARES_PRESENT, SHARES_PRESENT, SHARES_LEFT },
					  three[] = { SHARES_PRESENT, SHARES_PRESENT,
						      SHARES_PRESENT };
	static const uint8_t first[] = { 1, 3, 0 }, then[] = { 2, 1, 1 }, last[] = { 1, 1, 2 };
	struct one o = make(abc, 3, 0);

	assert_int_equal(shares_set(o.engine, &(struct shares_order){ 1, two, first, 60 }, 10), 0);
	shares_released(o.engine, 1, 1);
	assert_int_equal(shares_set(o.engine, &(struct shares_order){ 2, three, then, 70 }, 20), 0);
	shares_released(o.engine, 1, 2);
	assert_int_equal(shares_set(o.engine, &(struct shares_order){ 3, three, last, 80 }, 30), 0);
	shares_released(o.engine, 1, 4);
	assert_int_not_equal(shares_asking(o.engine), 0);
	return o;
}

static char *save(const struct one *o, uint64_t now, size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	assert_true(shares_saved_write(o->engine, o->names, now, f));
	fclose(f);
	return text;
}

static int restore(struct one *o, const char *text, size_t size, uint64_t lease, uint64_t now)
{
	FILE *f = size ? fmemopen((void *)text, size, "r") : fopen("/dev/null", "r");
	int rc;

	assert_non_null(f);
	rc = shares_saved_read(o->engine, o->names, lease, now, f);
	fclose(f);
	return rc;
}

static void assert_same(const struct one *a, const struct one *b, uint64_t now)
{
	uint8_t x[SHARES_BUCKETS], y[SHARES_BUCKETS];

	shares_decide(a->engine, now, x);
	shares_decide(b->engine, now, y);
	assert_memory_equal(x, y, sizeof(x));
	assert_int_equal(shares_epoch(a->engine), shares_epoch(b->engine));
	assert_int_equal(shares_lease(a->engine), shares_lease(b->engine));
	assert_int_equal(shares_waiting(a->engine), shares_waiting(b->engine));
	assert_int_equal(shares_asking(a->engine), shares_asking(b->engine));
	assert_int_equal(shares_deadline(a->engine, now), shares_deadline(b->engine, now));
}

/* Not only the same decisions, but the same ones after what happens then. */
static void goes_on_from_where_it_was(void **arg)
{
	static const enum shares_presence all[] = { SHARES_PRESENT, SHARES_PRESENT,
						    SHARES_PRESENT };
	const struct shares_order next = { 4, all, equal, 900 };
	struct one was = busy(), is = make(abc, 3, 0);
	size_t size;
	char *text = save(&was, NOW, &size);

	(void)arg;
	assert_int_equal(restore(&is, text, size, 80, NOW), 0);
	assert_same(&was, &is, NOW);
	for (struct one *o = &was; o; o = o == &was ? &is : NULL)
		shares_released(o->engine, 2, 3);
	assert_same(&was, &is, NOW);
	assert_same(&was, &is, NOW + GRACE);
	for (struct one *o = &was; o; o = o == &was ? &is : NULL) {
		assert_int_equal(shares_set(o->engine, &next, NOW), 0);
		assert_int_equal(shares_set(o->engine, &next, NOW), 0);
	}
	assert_same(&was, &is, NOW);
	for (struct one *o = &was; o; o = o == &was ? &is : NULL)
		shares_released(o->engine, 2, 4);
	assert_same(&was, &is, NOW);
	assert_int_equal(shares_waiting(is.engine), 0); /* beta's release of 4 was saved */
	free(text);
	drop(&was);
	drop(&is);
}

static void a_state_without_an_order_is_one(void **arg)
{
	struct one was = make(abc, 3, 0), is = make(abc, 3, 0);
	size_t size;
	char *text = save(&was, NOW, &size);

	(void)arg;
	assert_int_equal(restore(&is, text, size, 0, NOW), 0);
	assert_same(&was, &is, NOW);
	free(text);
	drop(&was);
	drop(&is);
}

/* By name, wherever they are in the file. */
static void nodes_come_and_go(void **arg)
{
	static const char *const moved[] = { "gamma", "alpha", "beta" };
	static const char *const other[] = { "delta", "gamma", "alpha" };
	struct one was = busy(), is = make(moved, 3, 1);
	size_t size;
	char *text = save(&was, NOW, &size);

	(void)arg;
	assert_int_equal(restore(&is, text, size, 80, NOW), 0);
	assert_same(&was, &is, NOW);
	for (size_t b = 0; b < SHARES_BUCKETS; b++)
		assert_string_equal(moved[shares_owner(is.engine, b)],
				    abc[shares_owner(was.engine, b)]);
	assert_int_equal(shares_weight(is.engine, 0), 2);
	drop(&is);

	is = make(other, 3, 2);
	assert_int_equal(restore(&is, text, size, 80, NOW), 0);
	for (size_t b = 0; b < SHARES_BUCKETS; b++) {
		uint16_t owner = shares_owner(was.engine, b);

		assert_string_equal(owner == 1 ? "nobody" : abc[owner],
				    shares_owner(is.engine, b) == SHARES_NOBODY
					    ? "nobody"
					    : other[shares_owner(is.engine, b)]);
	}
	assert_int_equal(shares_presence(is.engine, 0), SHARES_LEFT);
	assert_int_equal(shares_owned(is.engine, 0), 0);
	assert_false(shares_lingers(is.engine, 0, NOW));
	assert_int_equal(shares_owned(is.engine, 2), shares_owned(was.engine, 0));
	drop(&is);
	free(text);
	drop(&was);
}

static void assert_untouched(struct one *o)
{
	struct one new = make(abc, 3, 0);

	assert_same(&new, o, NOW);
	assert_int_equal(shares_owner(o->engine, 0), SHARES_NOBODY);
	drop(&new);
}

static void others_states_are_refused(void **arg)
{
	struct one was = busy(), is = make(abc, 3, 0), beta = make(abc, 3, 1);
	size_t size;
	char *text = save(&was, NOW, &size);

	(void)arg;
	assert_int_equal(restore(&is, text, size, 80, NOW - 1), -ESTALE);
	assert_untouched(&is);
	assert_int_equal(restore(&beta, text, size, 80, NOW), -EBADMSG);
	free(text);
	drop(&was);
	drop(&is);
	drop(&beta);
}

static void cut_states_are_refused(void **arg)
{
	struct one was = busy(), is = make(abc, 3, 0);
	size_t size;
	char *text = save(&was, NOW, &size);

	(void)arg;
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(restore(&is, text, cut, 80, NOW), -EBADMSG);
	assert_untouched(&is);
	free(text);
	drop(&was);
	drop(&is);
}

/* `from` in a good state is replaced by `to`. */
static void assert_refused(const char *from, const char *to)
{
	struct one was = busy(), is = make(abc, 3, 0);
	size_t size;
	char *text = save(&was, NOW, &size), *at = strstr(text, from), *bad;

	assert_non_null(at);
	assert_true(asprintf(&bad, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	assert_int_equal(restore(&is, bad, strlen(bad), 80, NOW), -EBADMSG);
	assert_untouched(&is);
	free(bad);
	free(text);
	drop(&was);
	drop(&is);
}

static void damaged_states_are_refused(void **arg)
{
	(void)arg;
	assert_refused("shares 1", "shares 2");
	assert_refused("now 50", "now -50");
	assert_refused("epoch 3", "epoch 18446744073709551616");
	assert_refused("epoch 3", "epoch 3 ");
	assert_refused("epoch 3", "epoch");
	assert_refused("nodes 3", "nodes 2");
	assert_refused("nodes 3", "nodes 65535");
	assert_refused("node beta", "node alpha");
	assert_refused("presence 1", "presence 3");
	assert_refused("presence 1", "presence 0"); /* with a weight */
	assert_refused("weight 1", "weight 101");
	assert_refused("holds 1x", "holds 2x");
	assert_refused("lost 31x", "lost 52x"); /* later than now */
	assert_refused("owners 2x", "owners 4x");
	assert_refused("owners ", "owners 0x1 ");
	assert_refused("buckets ", "buckets 0x0 ");
	assert_refused("buckets 2x", "buckets 3x");
	assert_refused("buckets 2x", "buckets 1x"); /* takes what is gamma's */
	assert_refused("buckets 2x", "buckets 2-");
	assert_refused("\nend", " 2x1\nend");
	assert_refused("end", "END");
}

/* Random bytes, and random changes of a good state: whatever comes out of it, nothing is read or
 * written where it must not be, and this node takes nothing that it does not own. */
static void noise_is_no_harm(void **arg)
{
	struct one was = busy();
	uint8_t decisions[SHARES_BUCKETS];
	unsigned random = 1, accepted = 0;
	size_t size;
	char *text = save(&was, NOW, &size), *noise = malloc(size);

	(void)arg;
	for (unsigned round = 0; round < 3000; round++) {
		struct one is = make(abc, 3, 0);

		memcpy(noise, text, size);
		for (size_t i = 0; i < (round % 2 ? size : 1 + round % 5); i++) {
			random = random * 1103515245 + 12345;
			noise[round % 2 ? i : (random >> 12) % size] = (char)(random >> 24);
		}
		if (!restore(&is, noise, size, 80, NOW)) {
			accepted++;
			shares_decide(is.engine, NOW, decisions);
			for (size_t b = 0; b < SHARES_BUCKETS; b++)
				if (shares_epoch(is.engine) && decisions[b] & SHARES_TAKES)
					assert_int_equal(shares_owner(is.engine, b), 0);
		} else {
			assert_untouched(&is);
		}
		drop(&is);
	}
	assert_in_range(accepted, 0, 1000);
	free(noise);
	free(text);
	drop(&was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_from_where_it_was),
		cmocka_unit_test(a_state_without_an_order_is_one),
		cmocka_unit_test(nodes_come_and_go),
		cmocka_unit_test(others_states_are_refused),
		cmocka_unit_test(cut_states_are_refused),
		cmocka_unit_test(damaged_states_are_refused),
		cmocka_unit_test(noise_is_no_harm),
	};

	return cmocka_run_group_tests_name("shares_saved", tests, NULL, NULL);
}
