/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_text: text, numbers, colours and JSON; see ctl_text.h. */
#include "ctl/common/ctl_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_colours;

void ctl_colour_init(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	has_colours = isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
		      !(term && !strcmp(term, "dumb"));
}

const char *ctl_colour_begin(enum ctl_colour colour)
{
	static const char *const codes[] = { [CTL_PLAIN] = "",
					     [CTL_GREEN] = "\033[32m",
					     [CTL_RED] = "\033[31m",
					     [CTL_YELLOW] = "\033[33m" };

	return has_colours ? codes[colour] : "";
}

const char *ctl_colour_end(enum ctl_colour colour)
{
	return has_colours && colour != CTL_PLAIN ? "\033[0m" : "";
}

enum ctl_colour ctl_state_colour(const char *state)
{
	if (!strcmp(state, "resolved") || !strcmp(state, "active"))
		return CTL_GREEN;
	if (!strcmp(state, "failed") || !strcmp(state, "silent") || !strcmp(state, "foreign") ||
	    !strcmp(state, "no_lease"))
		return CTL_RED;
	return CTL_PLAIN;
}

unsigned ctl_state_rank(const char *state)
{
	if (!strcmp(state, "resolved"))
		return 2;
	return ctl_state_colour(state) == CTL_RED ? 0 : 1;
}

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* Any byte of a UTF-8 character except the first. */
static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void ctl_clean(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (is_printable(*text))
			*to++ = *text;
		else if (!is_continuation(*text))
			*to++ = '?';
	*to = '\0';
}

void ctl_put_clean(FILE *out, const char *text, bool lines)
{
	for (; *text; text++)
		if (is_printable(*text) || (lines && (*text == '\n' || *text == '\t')))
			putc(*text, out);
		else if (!is_continuation(*text))
			putc('?', out);
}

/* A word that is too long for any line is not cut. */
size_t ctl_print_wrapped(const char *text, size_t used, size_t indent)
{
	char *copy = ctl_must(strdup(text)), *rest, *word;
	size_t lines = 1;
	bool is_first = true;

	ctl_clean(copy);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		size_t len = strlen(word);

		if (!is_first && used + 1 + len > CTL_COLUMNS) {
			printf("\n%*s", (int)indent, "");
			used = indent;
			lines++;
		} else if (!is_first) {
			putchar(' ');
			used++;
		}
		fputs(word, stdout);
		used += len;
		is_first = false;
	}
	putchar('\n');
	free(copy);
	return lines;
}

const char *ctl_string(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "?";
}

json_int_t ctl_integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* JSON escapes control characters, except DEL. */
void ctl_print_json(const json_t *json)
{
	char *text = ctl_must(json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII));
	const char *c;

	for (c = text; *c; c++)
		if (*c == '\177')
			fputs("\\u007f", stdout);
		else
			putchar(*c);
	putchar('\n');
	free(text);
}

struct time_unit {
	const char *name;
	json_int_t seconds;
	json_int_t from; /* ctl_age() uses the unit from this value on */
};

static const struct time_unit units[] = {
	{ "d", 86400, 172800 }, { "h", 3600, 7200 }, { "min", 60, 120 }, { "s", 1, 0 }
};

#define UNITS (sizeof(units) / sizeof(units[0]))

const char *ctl_age(json_int_t seconds, char text[CTL_NUMBER_SIZE])
{
	const struct time_unit *unit = units;

	while (unit < &units[UNITS - 1] && seconds < unit->from)
		unit++;
	snprintf(text, CTL_NUMBER_SIZE, "%" JSON_INTEGER_FORMAT " %s", seconds / unit->seconds,
		 unit->name);
	return text;
}

const char *ctl_duration(json_int_t seconds, char text[CTL_NUMBER_SIZE])
{
	const struct time_unit *unit = units;
	int n;

	while (unit < &units[UNITS - 1] && seconds < unit->seconds)
		unit++;
	n = snprintf(text, CTL_NUMBER_SIZE, "%" JSON_INTEGER_FORMAT " %s", seconds / unit->seconds,
		     unit->name);
	seconds = seconds % unit->seconds;
	if (++unit < &units[UNITS] && n > 0 && n < CTL_NUMBER_SIZE)
		snprintf(text + n, CTL_NUMBER_SIZE - (size_t)n, " %" JSON_INTEGER_FORMAT " %s",
			 seconds / unit->seconds, unit->name);
	return text;
}

const char *ctl_scaled(double value, const char *unit, char text[CTL_NUMBER_SIZE])
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	size_t i = 0;
	int digits;

	while (value >= 999.5 && i + 1 < sizeof(prefixes) / sizeof(prefixes[0])) {
		value /= 1000;
		i++;
	}
	digits = !i || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1;
	snprintf(text, CTL_NUMBER_SIZE, "%.*f%s%s%s", digits, value, *unit ? " " : "", prefixes[i],
		 unit);
	return text;
}

const char *ctl_bytes(json_int_t bytes, char text[CTL_NUMBER_SIZE])
{
	return ctl_scaled((double)bytes, "B", text);
}

void *ctl_must(void *memory)
{
	if (memory)
		return memory;
	fputs("clusterarpctl: out of memory\n", stderr);
	exit(1);
}
