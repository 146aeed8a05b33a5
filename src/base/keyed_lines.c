/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyed_lines: text for a later run of the same program; see keyed_lines.h. */
#include "base/keyed_lines.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void keyed_lines_clear(struct keyed_lines *lines)
{
	free(lines->line);
	*lines = (struct keyed_lines){ .in = lines->in };
}

static char *next_value(struct keyed_lines *lines, const char *key)
{
	ssize_t len = getline(&lines->line, &lines->room, lines->in);
	size_t begin = strlen(key);

	if (len <= 0 || lines->line[len - 1] != '\n' || strlen(lines->line) != (size_t)len)
		return NULL;
	lines->line[len - 1] = '\0';
	if (strncmp(lines->line, key, begin) != 0 || lines->line[begin] != ' ')
		return NULL;
	return lines->line + begin + 1;
}

const char *keyed_lines_text(struct keyed_lines *lines, const char *key)
{
	return next_value(lines, key);
}

/* The number at *at, which is moved behind it. */
static bool take_number(char **at, uint64_t most, uint64_t *out)
{
	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*out = strtoull(*at, at, 10);
	return !errno && *out <= most;
}

bool keyed_lines_number(struct keyed_lines *lines, const char *key, uint64_t most, uint64_t *out)
{
	char *at = next_value(lines, key);

	return at && take_number(&at, most, out) && !*at;
}

bool keyed_lines_row(struct keyed_lines *lines, const char *key, uint64_t most, uint64_t *row,
		     size_t count)
{
	char *at = next_value(lines, key);
	uint64_t value, run;
	size_t i = 0;

	while (at && i < count) {
		if (!take_number(&at, most, &value) || *at++ != 'x' ||
		    !take_number(&at, count - i, &run) || !run)
			return false;
		while (run--)
			row[i++] = value;
		if (*at++ != (i < count ? ' ' : '\0'))
			return false;
	}
	return at;
}

void keyed_lines_write_row(FILE *out, const char *key, const uint64_t *row, size_t count)
{
	size_t run;

	fputs(key, out);
	for (size_t i = 0; i < count; i += run) {
		for (run = 1; i + run < count && row[i + run] == row[i];)
			run++;
		fprintf(out, " %" PRIu64 "x%zu", row[i], run);
	}
	fputc('\n', out);
}
