/* SPDX-License-Identifier: GPL-2.0-or-later */
/* problems: each once, the critical ones first, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/problems.h"

static int setup(void **state)
{
	*state = problems_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	problems_destroy(*state);
	return 0;
}

/* The ids of all problems, in order. */
static const char *ids(const struct problems *p)
{
	static char text[1024];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < problems_count(p); i++) {
		strcat(text, problems_get(p, i)->id);
		strcat(text, " ");
	}
	return text;
}

static void each_once(void **state)
{
	struct problems *p = *state;

	assert_int_equal(problems_count(p), 0);
	assert_true(problems_set(p, "a", PROBLEM_WARNING, "%s has %d", "eth0", 1));
	assert_string_equal(problems_get(p, 0)->text, "eth0 has 1");
	assert_false(problems_set(p, "a", PROBLEM_WARNING, "eth0 has %d", 1));
	assert_true(problems_set(p, "a", PROBLEM_WARNING, "eth0 has %d", 2));
	assert_int_equal(problems_count(p), 1);
	assert_string_equal(problems_get(p, 0)->text, "eth0 has 2");

	assert_false(problems_clear(p, "b"));
	assert_true(problems_clear(p, "a"));
	assert_false(problems_clear(p, "a"));
	assert_int_equal(problems_count(p), 0);
}

static void critical_first(void **state)
{
	struct problems *p = *state;

	problems_set(p, "w1", PROBLEM_WARNING, "x");
	problems_set(p, "c1", PROBLEM_CRITICAL, "x");
	problems_set(p, "w2", PROBLEM_WARNING, "x");
	problems_set(p, "c2", PROBLEM_CRITICAL, "x");
	assert_string_equal(ids(p), "c1 c2 w1 w2 ");

	problems_set(p, "w1", PROBLEM_WARNING, "another text");
	assert_string_equal(ids(p), "c1 c2 w1 w2 ");
	assert_true(problems_set(p, "w2", PROBLEM_CRITICAL, "x"));
	assert_string_equal(ids(p), "c1 c2 w2 w1 ");
	assert_true(problems_set(p, "c1", PROBLEM_WARNING, "x"));
	assert_string_equal(ids(p), "c2 w2 w1 c1 ");
	problems_clear(p, "w2");
	assert_string_equal(ids(p), "c2 w1 c1 ");
}

/* What is only seen when it happens ends by itself, unless it happens again. */
static void expire(void **state)
{
	struct problems *p = *state;

	problems_set(p, "stays", PROBLEM_CRITICAL, "x");
	assert_true(problems_set_until(p, 300, "conflict", PROBLEM_WARNING, "%s", "b"));
	assert_true(problems_set_until(p, 200, "echo", PROBLEM_WARNING, "x"));
	problems_expire(p, 199);
	assert_string_equal(ids(p), "stays conflict echo ");
	assert_false(problems_set_until(p, 400, "conflict", PROBLEM_WARNING, "b")); /* no news */
	problems_expire(p, 399);
	assert_string_equal(ids(p), "stays conflict ");
	problems_expire(p, 400);
	assert_string_equal(ids(p), "stays ");
	assert_false(problems_clear(p, "conflict"));
}

static void bounded(void **state)
{
	static char names[PROBLEMS_MAX + 2][8];
	struct problems *p = *state;
	size_t i;

	for (i = 0; i < PROBLEMS_MAX + 2; i++)
		snprintf(names[i], sizeof(names[i]), "w%zu", i);
	for (i = 0; i < PROBLEMS_MAX; i++)
		assert_true(problems_set(p, names[i], PROBLEM_WARNING, "x"));
	assert_false(problems_set(p, names[i], PROBLEM_WARNING, "x"));
	assert_int_equal(problems_count(p), PROBLEMS_MAX);

	assert_true(problems_set(p, "critical", PROBLEM_CRITICAL, "x"));
	assert_int_equal(problems_count(p), PROBLEMS_MAX);
	assert_string_equal(problems_get(p, 0)->id, "critical");
	assert_string_equal(problems_get(p, PROBLEMS_MAX - 1)->id, names[PROBLEMS_MAX - 2]);
	assert_true(problems_clear(p, names[0]));
	assert_int_equal(problems_count(p), PROBLEMS_MAX - 1);
}

/* What a file, or another program, has named: it must not break JSON or a terminal. */
static void text_is_clean(void **state)
{
	static char long_text[2 * PROBLEMS_TEXT_MAX];
	struct problems *p = *state;

	problems_set(p, "a", PROBLEM_WARNING, "%s", "a\033[31m\xff\n\x7f");
	assert_string_equal(problems_get(p, 0)->text, "a?[31m???");
	memset(long_text, 'x', sizeof(long_text) - 1);
	problems_set(p, "a", PROBLEM_WARNING, "%s", long_text);
	assert_int_equal(strlen(problems_get(p, 0)->text), PROBLEMS_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_once, setup, teardown),
		cmocka_unit_test_setup_teardown(critical_first, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(expire, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_clean, setup, teardown),
	};

	return cmocka_run_group_tests_name("problems", tests, NULL, NULL);
}
