/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_lines: a configuration file, line by line, through inih.
 *
 * inih (r55) tells its handler neither lines nor empty sections, cuts long lines and
 * section names, goes on with the section before after a header that is not closed,
 * and takes an indented line for another value of the key before. So every line goes
 * through a reader of our own: it counts, strips the line's indentation (an indented
 * line is an ordinary one), finds the section headers itself, and reports a line that
 * inih would misread. In its place inih gets an empty one, so that the two agree on
 * the line number. The handler is called while the line is the current one.
 */
#include "config/config_lines.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_keys.h"
#include "config/config_words.h"

#define NODE_NAME_CHARS "letters, digits, '.', '-' and '_'"

struct reader {
	FILE *stream;
	struct draft *draft;
	struct section *section; /* that keys go to; NULL: skip them */
	bool in_section;         /* a header was seen, good or bad */
	unsigned line;
	int error; /* errno of a failed read */
};

struct line {
	char text[CONFIG_LINE_MAX + 1];
	size_t length; /* of the whole line, even where text is cut */
	bool has_nul;
};

static const char *const section_words[] = { "cluster", "node", NULL };

static void fail(const struct reader *r, const char *what, const char *text, const char *hint)
{
	config_report_add(r->draft->report, true, r->line, "%s %s: %s", what, QUOTE(text), hint);
}

/* The next line without its end (LF or CR LF). False: there is none. */
static bool fetch_line(struct reader *r, struct line *l)
{
	int c, last = EOF;

	*l = (struct line){ .length = 0 };
	errno = 0;
	while ((c = getc(r->stream)) != EOF && c != '\n') {
		if (l->length < CONFIG_LINE_MAX)
			l->text[l->length] = (char)c;
		l->length++;
		l->has_nul |= c == '\0';
		last = c;
	}
	if (c == EOF && ferror(r->stream))
		r->error = errno ? errno : EIO;
	if (c == EOF && (l->length == 0 || r->error))
		return false;
	l->length -= last == '\r';
	l->text[l->length < CONFIG_LINE_MAX ? l->length : CONFIG_LINE_MAX] = '\0';
	r->line++;
	return true;
}

/* The line without a byte order mark and indentation. */
static const char *skip_indent(const struct reader *r, const char *text)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (r->line == 1 && strncmp(text, mark, strlen(mark)) == 0)
		text += strlen(mark);
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* The first of `chars` in s, or the comment or the end that comes before. */
static const char *find_before_comment(const char *s, const char *chars)
{
	bool after_space = false;

	for (; *s && !strchr(chars, *s) && !(after_space && *s == ';'); s++)
		after_space = isspace((unsigned char)*s);
	return s;
}

static bool is_name(const char *s)
{
	for (; *s; s++) {
		if (!isascii((unsigned char)*s) ||
		    (!isalnum((unsigned char)*s) && !strchr(".-_", *s)))
			return false;
	}
	return true;
}

static bool is_comment_or_blank(const char *text)
{
	return *text == '\0' || *text == ';' || *text == '#';
}

/* Which section an unreadable header was probably to begin: that one is not to be
 * called missing. */
static void lose_section(struct reader *r, const char *inner)
{
	char word[sizeof("cluster") + 3];
	const char *meant;

	inner += strspn(inner, " \t");
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(inner, " \t]"), inner);
	meant = config_suggest(word, section_words);
	r->draft->lost |= meant && strcmp(meant, "cluster") == 0 ? SECTION_CLUSTER : SECTION_NODE;
	r->section = NULL;
	r->in_section = true;
}

static void open_cluster(struct reader *r)
{
	struct section *s = &r->draft->cluster;

	if (s->line)
		config_report_add(r->draft->report, true, r->line,
				  "duplicate section [cluster]: the first is at line %u; join them",
				  s->line);
	else
		s->line = r->line;
	s->last_line = r->line;
	r->section = s;
}

/* Room for one more node in both arrays. */
static bool grow_nodes(struct draft *d)
{
	size_t count = d->config->node_count;
	struct config_node *nodes;
	struct section *sections;

	if (count & (count - 1)) /* full at 0, 1, 2, 4, 8, … */
		return true;
	count = count ? 2 * count : 1;
	nodes = realloc(d->config->nodes, count * sizeof(*nodes));
	if (nodes)
		d->config->nodes = nodes;
	sections = realloc(d->nodes, count * sizeof(*sections));
	if (sections)
		d->nodes = sections;
	return nodes && sections;
}

/* Only a name that is right is kept; its keys are looked at in any case. */
static void name_node(struct reader *r, struct config_node *node, const char *name)
{
	size_t length = strlen(name);

	if (!length) {
		fail(r, "no name in section", "[node]", "write [node NAME]");
	} else if (length > CONFIG_NAME_MAX) {
		config_report_add(r->draft->report, true, r->line,
				  "node name %s has %zu characters: at most %d", QUOTE(name),
				  length, CONFIG_NAME_MAX);
	} else if (!is_name(name)) {
		fail(r, "bad node name", name, "it may have " NODE_NAME_CHARS);
	} else {
		memcpy(node->name, name, length + 1);
	}
}

static void open_node(struct reader *r, const char *name)
{
	struct draft *d = r->draft;
	size_t index = d->config->node_count;

	if (!grow_nodes(d)) {
		config_report_out_of_memory(d->report);
		return;
	}
	d->config->nodes[index] = (struct config_node){ .line = r->line };
	d->nodes[index] = (struct section){ .kind = SECTION_NODE, .index = index, .line = r->line };
	d->nodes[index].last_line = r->line;
	d->config->node_count++;
	name_node(r, &d->config->nodes[index], name);
	r->section = &d->nodes[index];
}

static void open_unknown(struct reader *r, const char *word, const char *inner)
{
	const char *meant = config_suggest(word, section_words);

	lose_section(r, inner);
	if (meant)
		config_report_add(r->draft->report, true, r->line,
				  "unknown section %s: did you mean '%s'?", QUOTE(inner), meant);
	else
		fail(r, "unknown section", inner, "there are [cluster] and [node NAME]");
}

/* `inner`: what stands between the brackets. */
static void open_section(struct reader *r, const char *inner)
{
	const char *word = inner + strspn(inner, " \t");
	size_t length = strcspn(word, " \t");
	const char *rest = word + length + strspn(word + length, " \t");
	char copy[CONFIG_SECTION_MAX + 1], name[CONFIG_SECTION_MAX + 1];
	size_t name_length = strlen(rest);

	snprintf(copy, sizeof(copy), "%.*s", (int)length, word);
	while (name_length && isspace((unsigned char)rest[name_length - 1]))
		name_length--;
	snprintf(name, sizeof(name), "%.*s", (int)name_length, rest);
	r->in_section = true;
	r->section = NULL;
	if (strcmp(copy, "cluster") == 0) {
		if (*name)
			fail(r, "name in section", inner, "[cluster] has none");
		open_cluster(r);
	} else if (strcmp(copy, "node") == 0) {
		open_node(r, name);
	} else {
		open_unknown(r, copy, inner);
	}
}

/* A line that begins with '['. False: not one for inih. */
static bool take_header(struct reader *r, const char *text)
{
	const char *end = find_before_comment(text + 1, "]");
	size_t length = (size_t)(end - text) - 1;
	char inner[CONFIG_SECTION_MAX + 1];

	if (*end != ']') {
		fail(r, "section not closed", text, "it wants a ']'; its keys are not read");
		lose_section(r, text + 1);
		return false;
	}
	if (length > CONFIG_SECTION_MAX) {
		config_report_add(r->draft->report, true, r->line,
				  "section %s has %zu characters: at most %d", QUOTE(text), length,
				  CONFIG_SECTION_MAX);
		lose_section(r, text + 1);
		return false;
	}
	snprintf(inner, sizeof(inner), "%.*s", (int)length, text + 1);
	open_section(r, inner);
	end++;
	end += strspn(end, " \t\r\f\v");
	if (!is_comment_or_blank(end))
		fail(r, "text behind a section", end, "put it on a line of its own");
	return true;
}

/* A line that cannot be read: what it was to say is not to be called missing. */
static bool drop_line(struct reader *r, const char *text)
{
	if (*text == '[')
		lose_section(r, text + 1);
	else if (r->section)
		config_key_lost(r->section, text);
	return false;
}

static bool take_setting(struct reader *r, const char *text)
{
	const char *end = find_before_comment(text, "=:");

	if (*end != '=') {
		fail(r, "no '=' in", text, "a line is KEY = VALUE or [SECTION]");
		return drop_line(r, text);
	}
	if (end == text) {
		fail(r, "no key in", text, "a line is KEY = VALUE or [SECTION]");
		return false;
	}
	if (!r->in_section) {
		/* Once is enough: the rest of them lack the same header. */
		if (!(r->draft->lost & SECTION_CLUSTER))
			fail(r, "no section before", text, "begin with [cluster] or [node NAME]");
		r->draft->lost |= SECTION_CLUSTER;
		return false;
	}
	return r->section != NULL;
}

/* Look at a line before inih does. False: not one for inih. */
static bool take_line(struct reader *r, const struct line *l, const char *text)
{
	if (l->has_nul) {
		config_report_add(r->draft->report, true, r->line,
				  "NUL byte in the line: this is not a text file");
		r->draft->lost = SECTION_CLUSTER | SECTION_NODE;
		r->draft->has_content = true;
		return drop_line(r, text);
	}
	if (l->length > CONFIG_LINE_MAX) {
		config_report_add(r->draft->report, true, r->line,
				  "line of %zu bytes: at most %d; 'address' may be repeated",
				  l->length, CONFIG_LINE_MAX);
		r->draft->has_content = true;
		return drop_line(r, text);
	}
	if (is_comment_or_blank(text))
		return false;
	r->draft->has_content = true;
	return *text == '[' ? take_header(r, text) : take_setting(r, text);
}

/* inih's reader: like fgets(), a line at a time, never cut. */
static char *read_line(char *buf, int size, void *user)
{
	struct reader *r = user;
	struct line line;
	const char *text;
	size_t length;

	if (!fetch_line(r, &line))
		return NULL;
	text = skip_indent(r, line.text);
	length = take_line(r, &line, text) ? strlen(text) : 0;
	if (length + sizeof("\n") > (size_t)size) { /* an inih built with a smaller buffer */
		fail(r, "line too long", text, "make it shorter");
		length = 0;
	}
	memcpy(buf, text, length);
	memcpy(buf + length, "\n", sizeof("\n"));
	return buf;
}

/* inih's handler; the section that it names is the reader's. */
static int handle_setting(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;

	(void)section;
	if (r->section)
		config_key_set(r->draft, r->section, name, value, r->line);
	return 1;
}

bool config_lines_read(FILE *stream, struct draft *d)
{
	struct reader r = { .stream = stream, .draft = d };
	size_t errors_before = d->report->errors;
	int result = ini_parse_stream(read_line, &r, handle_setting, &r);

	if (r.error) {
		config_report_add(d->report, true, 0, "cannot be read: %s", strerror(r.error));
		return false;
	}
	/* Nothing that passes the reader is an error to inih; should it differ, say so. */
	if (result != 0 && d->report->errors == errors_before)
		config_report_add(d->report, true, result > 0 ? (unsigned)result : 0,
				  "cannot be parsed");
	return true;
}
