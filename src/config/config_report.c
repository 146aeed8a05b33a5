/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_report: messages about a file, sorted by line; see config_report.h. */
#include "config/config_report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *format_text(const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = length < 0 ? NULL : malloc((size_t)length + 1);
	if (text)
		vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

/* True if this line has the same message already. `end`: index after its messages. */
static bool is_repeated(const struct config_report *r, size_t end, unsigned line, const char *text)
{
	for (size_t i = end; i > 0 && r->list[i - 1].line == line; i--) {
		if (r->list[i - 1].text && strcmp(r->list[i - 1].text, text) == 0)
			return true;
	}
	return false;
}

/* The index for a new message of `line`: after those of this line and of lines before it. */
static size_t find_place(const struct config_report *r, unsigned line)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->list[middle].line <= line)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void config_report_add(struct config_report *r, bool is_error, unsigned line, const char *format,
		       ...)
{
	size_t place = find_place(r, line);
	struct config_message *list;
	va_list args;
	char *text;

	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	if (text && is_repeated(r, place, line, text)) {
		free(text);
		return;
	}
	r->errors += is_error; /* counted even if there is no memory for the message */
	list = realloc(r->list, (r->count + 1) * sizeof(*list));
	if (!list) {
		free(text);
		return;
	}
	r->list = list;
	memmove(&list[place + 1], &list[place], (r->count - place) * sizeof(*list));
	list[place] = (struct config_message){ .is_error = is_error, .line = line, .text = text };
	r->count++;
}

void config_report_clear(struct config_report *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->list[i].text);
	free(r->list);
	*r = (struct config_report){ 0 };
}

void config_report_print(const struct config_report *r, const char *file, FILE *out)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct config_message *m = &r->list[i];

		fprintf(out, "%s:", file);
		if (m->line)
			fprintf(out, "%u:", m->line);
		fprintf(out, " %s: %s\n", m->is_error ? "error" : "warning",
			m->text ? m->text : "out of memory");
	}
}

void config_report_out_of_memory(struct config_report *r)
{
	config_report_add(r, true, 0, "out of memory");
}
