/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ratelimit: a maximum per second, and the count of what was suppressed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ratelimit.h"

static unsigned allowed(struct ratelimit *r, uint64_t now, unsigned tries)
{
	unsigned n = 0;

	while (tries--)
		n += ratelimit_allow(r, now);
	return n;
}

static void ten_a_second(void **state)
{
	struct ratelimit r = { .per_second = 10 };

	(void)state;
	assert_int_equal(allowed(&r, 5000, 25), 10);
	assert_int_equal(allowed(&r, 5999, 5), 0);
	assert_int_equal(ratelimit_take_suppressed(&r), 20);
	assert_int_equal(ratelimit_take_suppressed(&r), 0);
	assert_int_equal(allowed(&r, 6000, 25), 10);
	assert_int_equal(allowed(&r, 9000, 3), 3);
	assert_int_equal(ratelimit_take_suppressed(&r), 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ten_a_second) };

	return cmocka_run_group_tests_name("ratelimit", tests, NULL, NULL);
}
