/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_lines: reads a configuration file line by line, through inih.
 *
 * inih (r55) does not give its handler line numbers or empty sections. It truncates long lines and
 * section names, stays in the previous section after a header without ']', and takes an indented
 * line for another value of the previous key. Therefore every line first passes through the reader
 * in this file, which counts lines, strips the indentation (an indented line is an ordinary one),
 * finds the section headers itself, and reports each line that inih would misread. In place of such
 * a line inih gets an empty one, so that both agree on the line number. inih calls the handler
 * while the line is still the reader's current one.
 */
#include "config/config_lines.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "config/config_keys.h"
#include "config/config_words.h"

/* So that reading ends even on a stream without an end, such as /dev/zero as standard input. */
#define FILE_MAX (16u << 20)

#define NODE_NAME_CHARS "letters, digits, '.', '-' and '_'"

struct reader {
	FILE *stream;
	struct draft *draft;
	struct section *section; /* of the keys that follow; NULL: skip them */
	bool in_section;         /* a section header was seen, valid or not */
	unsigned line;
	size_t bytes; /* read so far */
	int error;    /* errno of a failed read */
};

struct line {
	char text[CONFIG_LINE_MAX + 1];
	size_t length; /* of the whole line, even if text is truncated */
	bool has_nul;
};

static const struct section_name {
	const char *word;
	enum section_kind kind;
} section_names[] = {
	{ "cluster", SECTION_CLUSTER },
	{ "node", SECTION_NODE },
	{ "corosync", SECTION_COROSYNC },
};
#define SECTION_NAMES (sizeof(section_names) / sizeof(section_names[0]))

static void fail(const struct reader *r, const char *what, const char *text, const char *hint)
{
	config_report_add(r->draft->report, true, r->line, "%s %s: %s", what, QUOTE(text), hint);
}

/* Read the next line, without its line end (LF or CR LF). False: end of file, or a read error. */
static bool fetch_line(struct reader *r, struct line *l)
{
	int c, last = EOF;

	*l = (struct line){ .length = 0 };
	errno = 0;
	while ((c = getc(r->stream)) != EOF && c != '\n' && r->bytes++ < FILE_MAX) {
		if (l->length < CONFIG_LINE_MAX)
			l->text[l->length] = (char)c;
		l->length++;
		l->has_nul |= c == '\0';
		last = c;
	}
	if (c == EOF && ferror(r->stream))
		r->error = errno ? errno : EIO;
	if (r->bytes > FILE_MAX)
		r->error = EFBIG;
	if ((c == EOF || r->error) && (l->length == 0 || r->error))
		return false;
	l->length -= last == '\r';
	l->text[l->length < CONFIG_LINE_MAX ? l->length : CONFIG_LINE_MAX] = '\0';
	r->line++;
	return true;
}

/* Skip a byte order mark (first line only) and indentation. */
static const char *skip_indent(const struct reader *r, const char *text)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (r->line == 1 && strncmp(text, mark, strlen(mark)) == 0)
		text += strlen(mark);
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* The first character of s that is in `chars`; or the start of a comment, or the end of s, if that
 * comes first. */
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

/* The section that `word` was probably meant to begin, or NULL. */
static const struct section_name *suggest_section(const char *word)
{
	const char *words[SECTION_NAMES + 1] = { NULL };
	const char *meant;
	size_t i;

	for (i = 0; i < SECTION_NAMES; i++)
		words[i] = section_names[i].word;
	meant = words_suggest(word, words);
	for (i = 0; i < SECTION_NAMES && section_names[i].word != meant; i++)
		;
	return i < SECTION_NAMES ? &section_names[i] : NULL;
}

/* Note which kind of section an invalid header was probably meant to begin, so that this section is
 * not reported as missing too. */
static void lose_section(struct reader *r, const char *inner)
{
	char word[sizeof("corosync") + 3];
	const struct section_name *meant;

	inner += strspn(inner, " \t");
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(inner, " \t]"), inner);
	meant = suggest_section(word);
	r->draft->lost |= meant ? meant->kind : SECTION_NODE;
	r->section = NULL;
	r->in_section = true;
}

/* [cluster] or [corosync], which a file has once. */
static void open_single(struct reader *r, struct section *s, const char *word)
{
	if (s->line)
		config_report_add(r->draft->report, true, r->line,
				  "duplicate section [%s]: the first is at line %u; merge them",
				  word, s->line);
	else
		s->line = r->line;
	s->last_line = r->line;
	r->section = s;
}

/* Make room for one more node in both arrays. */
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

/* Store the name if it is valid. The keys of the section are checked in any case. */
static void name_node(struct reader *r, struct config_node *node, const char *name)
{
	size_t length = strlen(name);

	if (!length) {
		fail(r, "no name in section", "[node]", "write [node NAME]");
	} else if (length > CONFIG_NAME_MAX) {
		config_report_add(r->draft->report, true, r->line,
				  "node name %s is too long: %zu characters, at most %d",
				  QUOTE(name), length, CONFIG_NAME_MAX);
	} else if (!is_name(name)) {
		fail(r, "bad node name", name, "use only " NODE_NAME_CHARS);
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
	d->config->nodes[index] = (struct config_node){ .line = r->line, .weight = 1 };
	d->nodes[index] = (struct section){ .kind = SECTION_NODE, .index = index, .line = r->line };
	d->nodes[index].last_line = r->line;
	d->config->node_count++;
	name_node(r, &d->config->nodes[index], name);
	r->section = &d->nodes[index];
}

static void open_unknown(struct reader *r, const char *word, const char *inner)
{
	const struct section_name *meant = suggest_section(word);

	lose_section(r, inner);
	if (meant)
		config_report_add(r->draft->report, true, r->line,
				  "unknown section %s: did you mean '%s'?", QUOTE(inner),
				  meant->word);
	else
		fail(r, "unknown section", inner, "write [cluster], [node NAME] or [corosync]");
}

/* Begin a section. `inner`: the text between the brackets. */
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
	if (strcmp(copy, "node") == 0) {
		open_node(r, name);
		return;
	}
	if (strcmp(copy, "cluster") != 0 && strcmp(copy, "corosync") != 0) {
		open_unknown(r, copy, inner);
		return;
	}
	if (*name)
		config_report_add(r->draft->report, true, r->line,
				  "name in section %s: [%s] takes no name", QUOTE(inner), copy);
	open_single(r, *copy == 'c' && copy[1] == 'l' ? &r->draft->cluster : &r->draft->corosync,
		    copy);
}

/* Handle a line that begins with '['. False: do not pass it to inih. */
static bool take_header(struct reader *r, const char *text)
{
	const char *end = find_before_comment(text + 1, "]");
	size_t length = (size_t)(end - text) - 1;
	char inner[CONFIG_SECTION_MAX + 1];

	if (*end != ']') {
		fail(r, "section not closed", text, "the ']' is missing; its keys are ignored");
		lose_section(r, text + 1);
		return false;
	}
	if (length > CONFIG_SECTION_MAX) {
		config_report_add(r->draft->report, true, r->line,
				  "section %s is too long: %zu characters, at most %d", QUOTE(text),
				  length, CONFIG_SECTION_MAX);
		lose_section(r, text + 1);
		return false;
	}
	snprintf(inner, sizeof(inner), "%.*s", (int)length, text + 1);
	open_section(r, inner);
	end++;
	end += strspn(end, " \t\r\f\v");
	if (!is_comment_or_blank(end))
		fail(r, "text after a section header", end, "put it on a line of its own");
	return true;
}

/* Drop a line that cannot be read. What it was probably meant to set is not reported as missing. */
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
		/* Report this once: all following lines lack the same header. */
		if (!(r->draft->lost & SECTION_CLUSTER))
			fail(r, "no section before", text, "begin with [cluster] or [node NAME]");
		r->draft->lost |= SECTION_CLUSTER;
		return false;
	}
	return r->section != NULL;
}

/* Check a line before inih parses it. False: do not pass it to inih. */
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
		config_report_add(
			r->draft->report, true, r->line,
			"line too long: %zu bytes, at most %d; a long list of addresses can"
			" be split: 'address' may be repeated",
			l->length, CONFIG_LINE_MAX);
		r->draft->has_content = true;
		return drop_line(r, text);
	}
	if (is_comment_or_blank(text))
		return false;
	r->draft->has_content = true;
	return *text == '[' ? take_header(r, text) : take_setting(r, text);
}

/* The reader that inih calls: like fgets(), one line per call, but it never splits a line. */
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
	if (length + sizeof("\n") > (size_t)size) { /* inih was built with a smaller buffer */
		fail(r, "line too long", text, "shorten it");
		length = 0;
	}
	memcpy(buf, text, length);
	memcpy(buf + length, "\n", sizeof("\n"));
	return buf;
}

/* The handler that inih calls. Its `section` is ignored: the reader tracks the section. */
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
	/* inih should accept every line that passes the reader; report it if it does not. */
	if (result != 0 && d->report->errors == errors_before)
		config_report_add(d->report, true, result > 0 ? (unsigned)result : 0,
				  "cannot be parsed");
	return true;
}
