/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_table: a table with aligned columns; see ctl_table.h. */
#include "ctl/common/ctl_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct cell {
	char *text;
	enum ctl_colour colour;
};

struct ctl_table {
	const char *alignment;
	size_t columns, count, size; /* of cells */
	struct cell *cells;
};

struct ctl_table *ctl_table_create(const char *alignment)
{
	struct ctl_table *t = ctl_must(calloc(1, sizeof(*t)));

	t->alignment = alignment;
	t->columns = strlen(alignment);
	return t;
}

/* Takes ownership of `text`. */
static void add(struct ctl_table *t, char *text, enum ctl_colour colour)
{
	if (t->count == t->size) {
		t->size = t->size ? 2 * t->size : 64;
		t->cells = ctl_must(reallocarray(t->cells, t->size, sizeof(*t->cells)));
	}
	ctl_clean(text);
	t->cells[t->count++] = (struct cell){ text, colour };
}

void ctl_cell(struct ctl_table *t, enum ctl_colour colour, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	add(t, ctl_must(text), colour);
}

void ctl_number_cell(struct ctl_table *t, const json_t *object, const char *key,
		     enum ctl_colour colour)
{
	json_int_t value = ctl_integer(object, key);

	ctl_cell(t, value ? colour : CTL_PLAIN, "%" JSON_INTEGER_FORMAT, value);
}

void ctl_bytes_cell(struct ctl_table *t, const json_t *object, const char *key)
{
	char text[CTL_NUMBER_SIZE];

	ctl_cell(t, CTL_PLAIN, "%s", ctl_bytes(ctl_integer(object, key), text));
}

void ctl_cells(struct ctl_table *t, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	for (; text; text = va_arg(args, const char *))
		add(t, ctl_must(strdup(text)), CTL_PLAIN);
	va_end(args);
}

/* How narrow a column may become. */
#define NAME_LEAST    8
#define NAME_MODERATE 12
#define ADDRESS_LEAST 12

static int width_of(const struct ctl_table *t, size_t column)
{
	size_t width = 0, len, i;

	for (i = column; i < t->count; i += t->columns) {
		len = strlen(t->cells[i].text);
		width = len > width ? len : width;
	}
	return (int)width;
}

/* Is the rest of the row, from `cell` on, empty? Then no padding is printed before its end. */
static bool is_rest_empty(const struct ctl_table *t, size_t cell)
{
	for (; cell < t->count; cell++) {
		if (*t->cells[cell].text)
			return false;
		if ((cell + 1) % t->columns == 0)
			break;
	}
	return true;
}

/* Cut a cell to the width of its column; `kept`: how much of its beginning stays. */
static void cut(struct cell *c, int width, int kept)
{
	int len = (int)strlen(c->text);

	if (len <= width)
		return;
	c->text[kept] = '~';
	memmove(c->text + kept + 1, c->text + len - (width - kept - 1), (size_t)(width - kept));
}

/* Take what is too much from the columns of this kind; returns what is still too much. */
static int narrow(struct ctl_table *t, int *widths, char kind, int least, int excess)
{
	for (size_t i = 0; i < t->columns; i++) {
		int room = widths[i] - least;

		if (t->alignment[i] != kind || room <= 0 || excess <= 0)
			continue;
		widths[i] -= room < excess ? room : excess;
		excess -= room < excess ? room : excess;
	}
	return excess;
}

/* A name of moderate length is worth more than the beginning of an address, a long one is not. */
static void fit(struct ctl_table *t, int *widths, int indent)
{
	int excess = indent + 2 * ((int)t->columns - 1) - CTL_COLUMNS;

	for (size_t i = 0; i < t->columns; i++)
		excess += widths[i];
	excess = narrow(t, widths, 'n', NAME_MODERATE, excess);
	excess = narrow(t, widths, 'a', ADDRESS_LEAST, excess);
	narrow(t, widths, 'n', NAME_LEAST, excess);
	for (size_t i = 0; i < t->count; i++) {
		int width = widths[i % t->columns];

		if (t->alignment[i % t->columns] == 'n')
			cut(&t->cells[i], width, width / 2);
		else if (t->alignment[i % t->columns] == 'a')
			cut(&t->cells[i], width, 0);
	}
}

static void print_cell(const struct ctl_table *t, size_t i, int width)
{
	const struct cell *c = &t->cells[i];
	int padding = width - (int)strlen(c->text);
	bool is_right = t->alignment[i % t->columns] == 'r';
	bool is_last = (i + 1) % t->columns == 0 || is_rest_empty(t, i + 1);

	printf("%*s%s%s%s%*s", is_right ? padding : 0, "", ctl_colour_begin(c->colour), c->text,
	       ctl_colour_end(c->colour), is_right || is_last ? 0 : padding, "");
}

static void print_row(const struct ctl_table *t, size_t first, const int *widths)
{
	size_t i;

	for (i = first; i < first + t->columns && i < t->count; i++) {
		if (i > first && is_rest_empty(t, i))
			break;
		if (i > first)
			fputs("  ", stdout);
		print_cell(t, i, widths[i - first]);
	}
	putchar('\n');
}

void ctl_table_print(struct ctl_table *t, const char *indent)
{
	int *widths = ctl_must(calloc(t->columns, sizeof(*widths)));
	size_t i;

	for (i = 0; i < t->columns; i++)
		widths[i] = width_of(t, i);
	fit(t, widths, (int)strlen(indent));
	for (i = 0; i < t->count; i += t->columns) {
		fputs(indent, stdout);
		print_row(t, i, widths);
	}
	for (i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(widths);
	free(t);
}
