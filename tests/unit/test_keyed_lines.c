/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyed_lines: texts, numbers and rows, and lines that are not what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/keyed_lines.h"

static struct keyed_lines from(const char *text)
{
	struct keyed_lines lines = { .in = fmemopen((void *)text, strlen(text), "r") };

	assert_non_null(lines.in);
	return lines;
}

static void drop(struct keyed_lines *lines)
{
	fclose(lines->in);
	keyed_lines_clear(lines);
}

static void one_after_the_other(void **state)
{
	struct keyed_lines lines = from("name two words\nnumber 7\nnumber 0\nlast \n");
	uint64_t number;

	(void)state;
	assert_string_equal(keyed_lines_text(&lines, "name"), "two words");
	assert_true(keyed_lines_number(&lines, "number", 7, &number));
	assert_int_equal(number, 7);
	assert_true(keyed_lines_number(&lines, "number", 0, &number));
	assert_int_equal(number, 0);
	assert_string_equal(keyed_lines_text(&lines, "last"), "");
	assert_null(keyed_lines_text(&lines, "last"));
	drop(&lines);
}

static void other_lines_are_refused(void **state)
{
	static const char *const bad[] = { "number",
					   "number 1",
					   "number\n",
					   "number  1\n",
					   "numbers 1\n",
					   "number 1 \n",
					   "number +1\n",
					   "number -1\n",
					   "number 8\n",
					   "number 0x1\n",
					   "number 18446744073709551617\n",
					   "numbe 1\n",
					   "\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct keyed_lines lines = from(bad[i]);
		uint64_t number;

		assert_false(keyed_lines_number(&lines, "number", 7, &number));
		drop(&lines);
	}
}

static void check_row(const uint64_t *row, size_t count, const char *expected)
{
	uint64_t back[8];
	struct keyed_lines lines;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	keyed_lines_write_row(f, "row", row, count);
	fclose(f);
	assert_string_equal(text, expected);
	lines = from(text);
	assert_true(keyed_lines_row(&lines, "row", UINT64_MAX, back, count));
	assert_memory_equal(back, row, count * sizeof(*row));
	drop(&lines);
	free(text);
}

static void rows_come_back(void **state)
{
	(void)state;
	check_row((const uint64_t[]){ 4, 4, 4 }, 3, "row 4x3\n");
	check_row((const uint64_t[]){ 1, 2, 2, UINT64_MAX }, 4,
		  "row 1x1 2x2 18446744073709551615x1\n");
}

static void wrong_rows_are_refused(void **state)
{
	static const char *const bad[] = { "row 1x1\n",  "row 1x3\n",  "row 1x1 1x2\n",
					   "row 9x2\n",  "row 1x1 \n", "row 1x0 1x2\n",
					   "row 1x2 \n", "row 1 1\n",  "row 1x11x1\n",
					   "row \n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct keyed_lines lines = from(bad[i]);
		uint64_t row[2];

		assert_false(keyed_lines_row(&lines, "row", 8, row, 2));
		drop(&lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(other_lines_are_refused),
		cmocka_unit_test(rows_come_back),
		cmocka_unit_test(wrong_rows_are_refused),
	};

	return cmocka_run_group_tests_name("keyed_lines", tests, NULL, NULL);
}
