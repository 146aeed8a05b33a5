/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload: reads the configuration file again; see reload.h. */
#include "daemon/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/config_read.h"
#include "report/report_line.h"

void reload_prepare(struct reload *r, const struct load *load, const struct peers *peers)
{
	const struct config_node *self;

	*r = (struct reload){ .path = config_path_name(load->path) };
	r->config = load_config(load, &r->report, &self);
	if (!r->config || r->report.errors)
		return;
	if (config_diff(peers_config(peers), r->config, peers_self(peers)->name, &r->diff))
		config_report_add(&r->report, true, 0, "out of memory");
	else if (strcmp(self->name, peers_self(peers)->name) != 0)
		config_report_add(
			&r->report, true, 0,
			"in this file the host is node %s, but the daemon runs as node %s",
			self->name, peers_self(peers)->name);
	if (!r->report.errors && !r->diff.needs_restart.count)
		r->peers = peers_create(r->config, self);
	r->is_possible = r->peers;
}

void reload_clear(struct reload *r)
{
	peers_destroy(r->peers);
	config_free(r->config);
	config_diff_clear(&r->diff);
	config_report_clear(&r->report);
}

static const struct config_message *first_error(const struct config_report *report)
{
	size_t i;

	for (i = 0; i < report->count; i++)
		if (report->list[i].is_error)
			return &report->list[i];
	return NULL;
}

static const char *text_of(const struct config_message *message)
{
	return message && message->text ? message->text : "out of memory";
}

/* The errors and warnings as --test prints them, one string per line. */
static json_t *messages_json(const struct reload *r)
{
	json_t *list = json_array();
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		config_report_print(&r->report, r->path, out);
		fclose(out);
	}
	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		json_array_append_new(list, json_string(line));
	free(text);
	return list;
}

static json_t *lines_json(const struct config_lines *lines)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < lines->count; i++)
		json_array_append_new(list, json_string(lines->list[i]));
	return list;
}

static json_t *error_json(const struct reload *r)
{
	const struct config_message *first = first_error(&r->report);

	if (r->diff.needs_restart.count && !first)
		return json_pack(
			"{s:s, s:s}", "message",
			"the file changes settings that need a restart; nothing was changed",
			"file", r->path);
	return json_pack("{s:s, s:s, s:o, s:o}", "message", text_of(first), "file", r->path, "line",
			 first && first->line ? json_integer(first->line) : json_null(), "messages",
			 messages_json(r));
}

char *reload_answer(const struct reload *r)
{
	json_t *root = json_pack("{s:{s:b, s:o, s:o}}", "reload", "applied", r->is_applied,
				 "changes", lines_json(&r->diff.changes), "needs_restart",
				 lines_json(&r->diff.needs_restart));

	if (!r->is_possible)
		json_object_set_new(root, "error", error_json(r));
	return report_line(root);
}

json_t *reload_event(const struct reload *r)
{
	return json_pack("{s:b, s:o}", "applied", r->is_applied, "changes",
			 lines_json(&r->diff.changes));
}

/* The first error, as --test prints it. */
static void write_error(FILE *out, const struct reload *r)
{
	const struct config_message *first = first_error(&r->report);

	fputs(r->path, out);
	if (first && first->line)
		fprintf(out, ":%u", first->line);
	fprintf(out, ": %s", text_of(first));
}

static void write_lines(FILE *out, const struct config_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		fprintf(out, "%s%s", i ? "; " : "", lines->list[i]);
}

char *reload_summary(const struct reload *r)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (r->is_applied && !r->diff.changes.count) {
		fputs("nothing has changed", out);
	} else if (r->is_applied) {
		write_lines(out, &r->diff.changes);
	} else if (r->diff.needs_restart.count && !first_error(&r->report)) {
		fputs("needs a restart: ", out);
		write_lines(out, &r->diff.needs_restart);
	} else {
		write_error(out, r);
	}
	fclose(out);
	for (size_t i = 0; text && text[i]; i++)
		text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	return text;
}

static void log_message(const char *path, const struct config_message *m)
{
	enum log_level level = m->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;

	if (m->line)
		log_write(level, 0, "%s:%u: %s", path, m->line, text_of(m));
	else
		log_write(level, 0, "%s: %s", path, text_of(m));
}

void reload_log(const struct reload *r)
{
	size_t i;

	for (i = 0; i < r->report.count; i++)
		log_message(r->path, &r->report.list[i]);
	for (i = 0; i < r->diff.needs_restart.count; i++)
		log_error("%s: needs a restart: %s", r->path, r->diff.needs_restart.list[i]);
	for (i = 0; i < r->diff.changes.count && r->is_applied; i++)
		log_notice("%s", r->diff.changes.list[i]);
	if (!r->is_applied)
		log_error("%s was not loaded: nothing was changed", r->path);
	else
		log_notice("%s loaded, %zu change%s", r->path, r->diff.changes.count,
			   r->diff.changes.count == 1 ? "" : "s");
}
