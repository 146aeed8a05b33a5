/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adopt_rounds: how often an address moves, when it is left on the NIC, and when it is tried again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "nic/adopt_rounds.h"

#define A "address 192.0.2.1/24"
#define B "address 192.0.2.2/24"

#define SECOND 1000
#define START  7000000

static int setup(void **state)
{
	*state = adopt_rounds_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	adopt_rounds_destroy(*state);
	return 0;
}

/* It is on the NIC at `now`, alone. */
static enum adopt_rounds_answer ask(struct adopt_rounds *r, const char *what, uint64_t now)
{
	enum adopt_rounds_answer answer = adopt_rounds_ask(r, what, now);

	adopt_rounds_asked(r, now);
	return answer;
}

static size_t left(const struct adopt_rounds *r)
{
	const char *first;

	return adopt_rounds_left(r, &first);
}

/* As a program that writes A again and again, once a second: it is left at the end. */
static uint64_t give_up(struct adopt_rounds *r, uint64_t now)
{
	unsigned i;

	for (i = 0; i < ADOPT_ROUNDS; i++, now += SECOND)
		assert_int_equal(ask(r, A, now), ADOPT_ROUNDS_MOVE);
	assert_int_equal(ask(r, A, now), ADOPT_ROUNDS_GIVE_UP);
	return now;
}

static void three_within_a_minute(void **state)
{
	struct adopt_rounds *r = *state;
	const char *first;
	uint64_t now;

	assert_int_equal(adopt_rounds_left(r, &first), 0);
	assert_null(first);
	assert_int_equal(adopt_rounds_wait(r, START), 0);
	now = give_up(r, START);
	assert_true(adopt_rounds_is_left(r, A));
	assert_false(adopt_rounds_is_left(r, B));
	assert_int_equal(adopt_rounds_left(r, &first), 1);
	assert_string_equal(first, A);
	assert_int_equal(ask(r, A, now + SECOND), ADOPT_ROUNDS_LEAVE);
	assert_int_equal(ask(r, A, now + 59 * SECOND), ADOPT_ROUNDS_LEAVE);
}

/* Once every 21 seconds is at most 3 times within a minute: no loop. */
static void slower_is_no_loop(void **state)
{
	struct adopt_rounds *r = *state;
	unsigned i;

	for (i = 0; i < 100; i++)
		assert_int_equal(ask(r, A, START + i * 21 * (uint64_t)SECOND), ADOPT_ROUNDS_MOVE);
	assert_int_equal(left(r), 0);
}

/* Two default routes have one description. */
static void the_same_pass_counts_once(void **state)
{
	struct adopt_rounds *r = *state;
	unsigned i;

	for (i = 0; i < 10; i++)
		assert_int_equal(adopt_rounds_ask(r, A, START), ADOPT_ROUNDS_MOVE);
	assert_int_equal(ask(r, A, START + SECOND), ADOPT_ROUNDS_MOVE);
	assert_int_equal(ask(r, A, START + 2 * SECOND), ADOPT_ROUNDS_MOVE);
	assert_int_equal(adopt_rounds_ask(r, A, START + 3 * SECOND), ADOPT_ROUNDS_GIVE_UP);
	assert_int_equal(adopt_rounds_ask(r, A, START + 3 * SECOND), ADOPT_ROUNDS_LEAVE);
}

static void each_has_its_own_count(void **state)
{
	struct adopt_rounds *r = *state;
	char what[32];
	unsigned i, second;

	for (second = 0; second < ADOPT_ROUNDS; second++) {
		for (i = 0; i < 100; i++) {
			snprintf(what, sizeof(what), "address 10.0.0.%u/24", i);
			assert_int_equal(adopt_rounds_ask(r, what, START + second * SECOND),
					 ADOPT_ROUNDS_MOVE);
		}
		adopt_rounds_asked(r, START + second * SECOND);
	}
	assert_int_equal(ask(r, "address 10.0.0.7/24", START + 4 * SECOND), ADOPT_ROUNDS_GIVE_UP);
	assert_int_equal(ask(r, "address 10.0.0.70/24", START + 4 * SECOND), ADOPT_ROUNDS_GIVE_UP);
	assert_int_equal(left(r), 2);
}

/* Written all the time, it stays; quiet for five minutes, it is tried again. */
static void tried_again_when_quiet(void **state)
{
	struct adopt_rounds *r = *state;
	uint64_t now = give_up(r, START), end = now + 3600 * (uint64_t)SECOND;

	assert_int_equal(adopt_rounds_wait(r, now), ADOPT_ROUNDS_QUIET_MS);
	for (; now < end; now += 30 * SECOND) {
		adopt_rounds_written(r, A, now);
		assert_int_equal(ask(r, A, now), ADOPT_ROUNDS_LEAVE);
	}
	now -= 30 * SECOND; /* when it was last written */
	assert_int_equal(ask(r, A, now + ADOPT_ROUNDS_QUIET_MS - 1), ADOPT_ROUNDS_LEAVE);
	assert_int_equal(adopt_rounds_wait(r, now + ADOPT_ROUNDS_QUIET_MS - 1), 1);
	now += ADOPT_ROUNDS_QUIET_MS;
	assert_int_equal(adopt_rounds_wait(r, now), 1);
	assert_int_equal(ask(r, A, now), ADOPT_ROUNDS_MOVE);
	assert_int_equal(left(r), 0);
	assert_int_equal(adopt_rounds_wait(r, now), 0);
	/* not back within a minute: all is as at first */
	adopt_rounds_asked(r, now + ADOPT_ROUNDS_WINDOW_MS);
	give_up(r, now + ADOPT_ROUNDS_WINDOW_MS);
}

/* Each vain try doubles the time until the next. */
static void later_and_later(void **state)
{
	static const unsigned factors[] = { 1, 2, 4, 8, 16, 16, 16 };
	struct adopt_rounds *r = *state;
	uint64_t now = give_up(r, START);
	size_t i;

	for (i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		assert_int_equal(adopt_rounds_wait(r, now), factors[i] * ADOPT_ROUNDS_QUIET_MS);
		now += factors[i] * (uint64_t)ADOPT_ROUNDS_QUIET_MS;
		assert_int_equal(ask(r, A, now), ADOPT_ROUNDS_MOVE);
		now += SECOND;
		assert_int_equal(ask(r, A, now), ADOPT_ROUNDS_GIVE_UP);
	}
}

/* Healed, without a pass in between: three moves again. */
static void healed(void **state)
{
	struct adopt_rounds *r = *state;
	uint64_t now = give_up(r, START) + ADOPT_ROUNDS_QUIET_MS;

	assert_int_equal(ask(r, A, now), ADOPT_ROUNDS_MOVE);
	now = give_up(r, now + ADOPT_ROUNDS_WINDOW_MS);
	assert_int_equal(adopt_rounds_wait(r, now), ADOPT_ROUNDS_QUIET_MS);
}

static void forgotten_when_gone(void **state)
{
	struct adopt_rounds *r = *state;
	uint64_t now = give_up(r, START);

	assert_int_equal(ask(r, B, now + SECOND), ADOPT_ROUNDS_MOVE);
	assert_int_equal(left(r), 0);
	assert_false(adopt_rounds_is_left(r, A));
	give_up(r, now + 2 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(three_within_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(slower_is_no_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_pass_counts_once, setup, teardown),
		cmocka_unit_test_setup_teardown(each_has_its_own_count, setup, teardown),
		cmocka_unit_test_setup_teardown(tried_again_when_quiet, setup, teardown),
		cmocka_unit_test_setup_teardown(later_and_later, setup, teardown),
		cmocka_unit_test_setup_teardown(healed, setup, teardown),
		cmocka_unit_test_setup_teardown(forgotten_when_gone, setup, teardown),
	};

	return cmocka_run_group_tests_name("adopt_rounds", tests, NULL, NULL);
}
