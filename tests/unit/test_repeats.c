/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repeats: the first line, one each minute, the last; the limit of lines; a full table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/repeats.h"

#define START 5000u

static struct ratelimit limit;
static struct repeats *repeats;

static int setup(void **state)
{
	(void)state;
	limit = (struct ratelimit){ .per_second = 10 };
	repeats = repeats_create(&limit);
	return repeats ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	repeats_destroy(repeats);
	return 0;
}

static struct repeats_key key(unsigned host)
{
	struct repeats_key k = { .reason = 1 };

	k.mac.b[0] = 2;
	k.mac.b[4] = (uint8_t)(host >> 8);
	k.mac.b[5] = (uint8_t)host;
	k.ip = ip_from_ipv4_bytes((const uint8_t[]){ 12, 12, 4, 102 });
	return k;
}

static bool event(unsigned host, uint64_t now)
{
	const struct repeats_key k = key(host);

	return repeats_add(repeats, &k, now);
}

/* Events of one host, one each `step` ms; the number of first lines. */
static unsigned events(unsigned host, uint64_t from, uint64_t to, uint64_t step)
{
	unsigned lines = 0;

	for (; from < to; from += step)
		lines += event(host, from);
	return lines;
}

static void expect_line(uint64_t now, unsigned host, bool is_over, uint64_t count, uint64_t total)
{
	const struct repeats_key k = key(host);
	struct repeats_line line;

	assert_true(repeats_next(repeats, now, &line));
	assert_memory_equal(&line.key, &k, sizeof(k));
	assert_int_equal(line.is_over, is_over);
	assert_int_equal(line.count, count);
	assert_int_equal(line.total, total);
}

static void expect_no_line(uint64_t now)
{
	struct repeats_line line;

	assert_false(repeats_next(repeats, now, &line));
}

static void one_event_one_line(void **state)
{
	(void)state;
	assert_true(repeats_deadline(repeats) == REPEATS_NEVER);
	expect_no_line(START);
	assert_true(event(1, START));
	assert_int_equal(repeats_deadline(repeats), START + REPEATS_QUIET_MS);
	expect_no_line(START + REPEATS_QUIET_MS);
	assert_true(repeats_deadline(repeats) == REPEATS_NEVER);
	assert_true(event(1, START + REPEATS_QUIET_MS)); /* anew */
	assert_int_equal(limit.suppressed, 0);
}

static void first_each_minute_last(void **state)
{
	const uint64_t end = START + 150000, last = end - 100;

	(void)state;
	assert_int_equal(events(1, START, START + 60000, 100), 1);
	expect_no_line(START + 59999);
	assert_int_equal(repeats_deadline(repeats), START + 60000);
	expect_line(START + 60000, 1, false, 599, 600);
	expect_no_line(START + 60000);
	assert_int_equal(events(1, START + 60000, START + 120000, 100), 0);
	expect_line(START + 120005, 1, false, 600, 1200); /* the timer was late */
	assert_int_equal(events(1, START + 120100, end, 100), 0);
	assert_int_equal(repeats_deadline(repeats), last + REPEATS_QUIET_MS);
	expect_no_line(last + REPEATS_QUIET_MS - 1);
	expect_line(last + REPEATS_QUIET_MS, 1, true, 299, 1499);
	expect_no_line(last + REPEATS_QUIET_MS);
	assert_true(repeats_deadline(repeats) == REPEATS_NEVER);
	assert_int_equal(limit.suppressed, 0);
}

/* What comes more rarely than once in REPEATS_QUIET_MS does not go on. */
static void rare(void **state)
{
	(void)state;
	assert_true(event(1, START));
	assert_false(event(1, START + REPEATS_QUIET_MS - 1));
	expect_no_line(START + REPEATS_QUIET_MS);
	expect_line(START + 2 * REPEATS_QUIET_MS, 1, true, 1, 2);
}

static void keys_are_told_apart(void **state)
{
	struct repeats_key k = key(1);

	(void)state;
	assert_true(repeats_add(repeats, &k, START));
	k.reason++;
	assert_true(repeats_add(repeats, &k, START));
	k.ip.b[3]++;
	assert_true(repeats_add(repeats, &k, START));
	k.mac.b[5]++;
	assert_true(repeats_add(repeats, &k, START));
	assert_false(repeats_add(repeats, &k, START));
}

/* Two kinds at once: each has its own minute and its own end. */
static void several(void **state)
{
	(void)state;
	for (uint64_t t = 0; t < 61000; t += 1000) {
		assert_int_equal(event(1, START + t), t == 0);
		if (t >= 20000)
			assert_int_equal(event(2, START + t), t == 20000);
	}
	expect_line(START + 60000, 1, false, 60, 61);
	expect_no_line(START + 60000);
	assert_false(event(2, START + 79000));
	expect_no_line(START + 79000);
	expect_line(START + 90000, 1, true, 0, 61);
	expect_line(START + 90000, 2, false, 41, 42);
	expect_line(START + 109000, 2, true, 0, 42);
	expect_no_line(START + 200000);
}

/* What began later can end earlier. */
static void the_later_ends_first(void **state)
{
	(void)state;
	assert_true(event(1, START));
	assert_true(event(2, START + 5000));
	assert_false(event(2, START + 6000));
	assert_int_equal(events(1, START + 1000, START + 27000, 1000), 0);
	assert_int_equal(repeats_deadline(repeats), START + 6000 + REPEATS_QUIET_MS);
	expect_line(START + 26000, 2, true, 1, 2);
	expect_no_line(START + 26000);
}

/* The first line is refused: the next event tries again, and every event is counted once. */
static void first_line_refused(void **state)
{
	(void)state;
	for (unsigned host = 1; host <= 10; host++)
		assert_true(event(host, START));
	assert_int_equal(events(11, START, START + 3, 1), 0);
	assert_int_equal(ratelimit_take_suppressed(&limit), 3);
	assert_true(event(11, START + 1000));
	assert_false(event(11, START + 1001));
	expect_line(START + 21001, 11, true, 1, 5);
	expect_no_line(START + 21001);
	assert_int_equal(limit.suppressed, 0);
}

/* Nothing was said about it: then not that it is over either. */
static void never_told(void **state)
{
	(void)state;
	limit.per_second = 0;
	assert_int_equal(events(1, START, START + 70000, 10000), 0);
	assert_int_equal(ratelimit_take_suppressed(&limit), 7);
	limit.per_second = 10;
	expect_no_line(START + 70000);
	expect_no_line(START + 200000);
	assert_int_equal(limit.suppressed, 0);
}

static void later_lines_refused(void **state)
{
	(void)state;
	assert_int_equal(events(1, START, START + 60000, 1000), 1);
	limit.per_second = 0;
	expect_no_line(START + 60000);
	assert_int_equal(ratelimit_take_suppressed(&limit), 59);
	limit.per_second = 10;
	assert_int_equal(events(1, START + 60000, START + 120000, 1000), 0);
	expect_line(START + 120000, 1, false, 60, 120);
	limit.per_second = 0;
	expect_no_line(START + 200000);
	assert_int_equal(limit.suppressed, 0); /* the last line would have told nothing new */
	assert_true(repeats_deadline(repeats) == REPEATS_NEVER);
}

/* The limit holds for all together, and the table stays bounded. What goes on is not forgotten for
 * hosts that are made up, each with one event. */
static void made_up_hosts(void **state)
{
	unsigned lines = 0, host = 2;

	(void)state;
	assert_true(event(1, START));
	for (uint64_t t = 0; t < 40000; t++) {
		lines += event(host++ % 65536, START + t);
		if (t % 100 == 99)
			assert_false(event(1, START + t));
	}
	assert_int_equal(lines, 9 + 39 * 10);
	assert_int_equal(ratelimit_take_suppressed(&limit), 40000 - lines);
	expect_line(START + 70000, 1, true, 400, 401);
	expect_no_line(START + 70000);
	assert_true(repeats_deadline(repeats) == REPEATS_NEVER);
}

/* What does not fit has a line for each event. */
static void full_table(void **state)
{
	(void)state;
	limit.per_second = 2 * REPEATS_MAX;
	for (unsigned host = 1; host <= REPEATS_MAX; host++)
		assert_true(event(host, START));
	assert_int_equal(events(REPEATS_MAX + 1, START, START + 5, 1), 5);
	for (unsigned host = 1; host <= REPEATS_MAX; host++)
		assert_false(event(host, START + 5));
	expect_line(START + 5 + REPEATS_QUIET_MS, 1, true, 1, 2);
	assert_true(event(REPEATS_MAX + 1, START + 6 + REPEATS_QUIET_MS));
	assert_false(event(REPEATS_MAX + 1, START + 7 + REPEATS_QUIET_MS));
	assert_int_equal(limit.suppressed, 0);
}

static void forgotten(void **state)
{
	(void)state;
	assert_int_equal(events(1, START, START + 5, 1), 1);
	assert_true(event(2, START + 5));
	repeats_forget(repeats);
	assert_int_equal(limit.suppressed, 4);
	assert_true(repeats_deadline(repeats) == REPEATS_NEVER);
	expect_no_line(START + 100000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_event_one_line),
		TEST(first_each_minute_last),
		TEST(rare),
		TEST(keys_are_told_apart),
		TEST(several),
		TEST(the_later_ends_first),
		TEST(first_line_refused),
		TEST(never_told),
		TEST(later_lines_refused),
		TEST(made_up_hosts),
		TEST(full_table),
		TEST(forgotten),
	};

	return cmocka_run_group_tests_name("repeats", tests, NULL, NULL);
}
