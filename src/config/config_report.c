/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_report: messages about a file, kept in the order of its lines; the quoting
 * of what the file says, and suggestions for what is misspelt.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_private.h"

#define WORD_MAX         24 /* longer than any word that we would suggest */
#define SUGGEST_DISTANCE 2  /* edits at most between a word and its suggestion */
#define NO_MATCH         (WORD_MAX + 1)

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

/* Is the same message there already? `end`: behind the messages of this line. */
static bool is_repeated(const struct config_report *r, size_t end, unsigned line, const char *text)
{
	for (size_t i = end; i > 0 && r->list[i - 1].line == line; i--) {
		if (r->list[i - 1].text && strcmp(r->list[i - 1].text, text) == 0)
			return true;
	}
	return false;
}

/* Where a message for `line` goes: behind all of its line and of those before. */
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
	r->errors += is_error; /* counts even where there is no memory to say it */
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

char *config_quote(const char *text, char *buf)
{
	char *out = buf;
	/* Room for one more escape, "...", the quote and the NUL. */
	const char *end = buf + CONFIG_QUOTE_SIZE - sizeof("\\xff...'");

	*out++ = '\'';
	for (; *text && out < end; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c <= '~' && c != '\\')
			*out++ = (char)c;
		else
			out += sprintf(out, c == '\\' ? "\\\\" : "\\x%02x", c);
	}
	strcpy(out, *text ? "...'" : "'");
	return buf;
}

char *config_node_label(const struct config_node *node, char *buf)
{
	if (node->name[0])
		snprintf(buf, CONFIG_LABEL_SIZE, "node '%s'", node->name);
	else
		snprintf(buf, CONFIG_LABEL_SIZE, "this node");
	return buf;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Are a[i-1] a[i] two letters of b in the wrong order? */
static bool is_swapped(const char *a, const char *b, size_t i, size_t j)
{
	return i > 1 && j > 1 &&
	       tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 2]) &&
	       tolower((unsigned char)a[i - 2]) == tolower((unsigned char)b[j - 1]);
}

/* Letters to insert, delete, replace or swap with a neighbour to get from a to b
 * (optimal string alignment), case ignored. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned cost[WORD_MAX + 1][WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return NO_MATCH;
	for (size_t i = 0; i <= a_length; i++) {
		for (size_t j = 0; j <= b_length; j++) {
			unsigned change;

			if (i == 0 || j == 0) {
				cost[i][j] = (unsigned)(i + j);
				continue;
			}
			change = tolower((unsigned char)a[i - 1]) !=
				 tolower((unsigned char)b[j - 1]);
			cost[i][j] = least(cost[i - 1][j - 1] + change,
					   least(cost[i - 1][j], cost[i][j - 1]) + 1);
			if (is_swapped(a, b, i, j))
				cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
		}
	}
	return cost[a_length][b_length];
}

const char *config_suggest(const char *word, const char *const *list)
{
	unsigned best = NO_MATCH;
	const char *found = NULL;

	for (; *list; list++) {
		unsigned distance = edit_distance(word, *list);

		/* Half of a short word changed is another word. */
		if (distance > SUGGEST_DISTANCE || distance > strlen(*list) / 2)
			continue;
		if (distance < best) {
			best = distance;
			found = *list;
		}
	}
	return found;
}
