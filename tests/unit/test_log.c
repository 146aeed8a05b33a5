/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log: what names of interfaces and files may contain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static char last[1024];

static bool keep(int priority, const char *text)
{
	(void)priority;
	strcpy(last, text);
	return true;
}

static void expect(const char *said, const char *written)
{
	log_error("%s", said);
	assert_string_equal(last, written);
}

static void no_control_characters(void **state)
{
	(void)state;
	log_set_sink(keep, false);
	expect("eth0", "eth0");
	expect("a\033[31mb\177c\nd\re\tf", "a?[31mb?c?d?e?f");
	expect("K\303\266ln \342\202\254", "K\303\266ln \342\202\254");
	expect("CSI \302\2331m, no-break space \302\240", "CSI ??1m, no-break space \302\240");
	expect("\302", "\302"); /* half a character at the end */
	log_error_errno(2, "%s", "\033");
	assert_string_equal(last, "?: No such file or directory");
	log_set_sink(NULL, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_control_characters) };

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
