/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_words: which word was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/words.h"

static const char *const commands[] = { "status", "peers",  "neigh",   "counters", "config",
					"reload", "shares", "metrics", "of",       NULL };

static void test_meant(void **state)
{
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{ "stauts", "status" },       { "STATUS", "status" }, { "peer", "peers" },
		{ "conters", "counters" },    { "cofnig", "config" }, { "shaers", "shares" },
		{ "countersss", "counters" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(words_suggest(cases[i].word, commands), cases[i].meant);
}

static void test_another(void **state)
{
	static const char *const words[] = { "", "dance", "xy", "st",
					     "reallyreallyreallylongword" };
	static const char *const none[] = { NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_null(words_suggest(words[i], commands));
	assert_null(words_suggest("status", none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meant),
		cmocka_unit_test(test_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
