/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_config: prints the configuration in the syntax of its file, the changes of a reload, the log
 * level, and the metrics; see ctl_config.h.
 */
#include "ctl/ctl_config.h"

#include <stdio.h>
#include <string.h>

#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_text.h"

static void print_key(const char *key, const char *value)
{
	ctl_put_clean(stdout, key, false);
	printf("%*s = ", (int)(strlen(key) < 13 ? 13 - strlen(key) : 0), "");
	ctl_put_clean(stdout, value, false);
	putchar('\n');
}

/* A list is printed as one line per element; a key whose value is null is left out. */
static void print_value(const char *key, const json_t *value)
{
	const json_t *element;
	char text[CTL_NUMBER_SIZE];
	size_t i;

	json_array_foreach (value, i, element)
		print_value(key, element);
	if (json_is_string(value))
		print_key(key, json_string_value(value));
	else if (json_is_boolean(value))
		print_key(key, json_is_true(value) ? "yes" : "no");
	else if (json_is_integer(value)) {
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		print_key(key, text);
	}
}

static void print_comment(const char *title, const json_t *value)
{
	if (!json_is_string(value))
		return;
	printf("; %s: ", title);
	ctl_put_clean(stdout, json_string_value(value), false);
	putchar('\n');
}

static void print_node(const json_t *node)
{
	fputs("\n[node ", stdout);
	ctl_put_clean(stdout, ctl_string(node, "name"), false);
	puts("]");
	print_value("address", json_object_get(node, "address"));
	print_value("mac", json_object_get(node, "mac"));
	print_value("id", json_object_get(node, "id"));
	print_value("weight", json_object_get(node, "weight"));
	print_value("corosync_id", json_object_get(node, "corosync_id"));
	print_comment("wire source MAC", json_object_get(node, "source_mac"));
	print_comment("IPv6 link-local address", json_object_get(node, "link_local"));
}

static void print_section(const char *title, const json_t *section)
{
	const char *key;
	json_t *value;

	puts(title);
	json_object_foreach ((json_t *)section, key, value)
		print_value(key, value);
}

void ctl_print_config(const json_t *answer)
{
	const json_t *config = json_object_get(answer, "config"), *node;
	const json_t *corosync = json_object_get(config, "corosync");
	size_t i;

	print_section("[cluster]", json_object_get(config, "cluster"));
	if (json_is_object(corosync))
		print_section("\n[corosync]", corosync);
	json_array_foreach (json_object_get(config, "nodes"), i, node)
		print_node(node);
}

static bool has(const json_t *list, const json_t *text)
{
	const json_t *element;
	size_t i;

	json_array_foreach (list, i, element)
		if (json_equal(element, text))
			return true;
	return false;
}

/* Print the elements of `list` that are not in the list `but`. */
static void print_list(FILE *out, const char *title, const json_t *list, const json_t *but)
{
	const json_t *element;
	bool is_begun = false;
	size_t i;

	json_array_foreach (list, i, element) {
		if (!json_is_string(element) || has(but, element))
			continue;
		if (!is_begun)
			fprintf(out, "%s:\n", title);
		is_begun = true;
		fputs("  ", out);
		ctl_put_clean(out, json_string_value(element), false);
		putc('\n', out);
	}
}

/* `is_trial`: a dry run. Returns whether all changes can be made without a restart. */
static bool print_reload(const json_t *answer, bool is_trial)
{
	const json_t *reload = json_object_get(answer, "reload");
	const json_t *changes = json_object_get(reload, "changes");
	const json_t *restart = json_object_get(reload, "needs_restart");
	bool is_applied = json_is_true(json_object_get(reload, "applied"));

	if (is_applied || is_trial)
		print_list(stdout, is_applied ? "changed" : "would change", changes, restart);
	fflush(stdout);
	print_list(stderr, is_trial ? "would need a restart" : "needs a restart", restart, NULL);
	if (json_array_size(restart))
		return false;
	if (!json_array_size(changes) && !json_object_get(answer, "error"))
		puts(is_applied ? "reloaded: nothing has changed" : "nothing would change");
	return true;
}

int ctl_reload_run(const struct ctl_options *o)
{
	bool is_trial = ctl_option(o, CTL_DRY_RUN);
	json_t *answer = ctl_ask_or_say(
		o->socket, json_pack("{s:s, s:b}", "command", "reload", "dry_run", (int)is_trial));
	int rc = EXIT_ANSWERED;

	if (!answer)
		return EXIT_NO_DAEMON;
	if (ctl_option(o, CTL_JSON))
		ctl_print_json(answer);
	else if (!print_reload(answer, is_trial))
		rc = EXIT_REFUSED;
	if (ctl_is_refused(answer))
		rc = EXIT_REFUSED;
	json_decref(answer);
	return rc;
}

static void print_log_level(const json_t *answer)
{
	fputs("log level: ", stdout);
	ctl_put_clean(stdout, ctl_string(answer, "log_level"), false);
	putchar('\n');
}

int ctl_log_level_run(const struct ctl_options *o)
{
	json_t *request = json_pack("{s:s, s:s*}", "command", "log-level", "level",
				    o->count ? o->words[0] : NULL);

	return ctl_ask_and_print(o->socket, request, ctl_option(o, CTL_JSON), print_log_level);
}

void ctl_print_metrics(const json_t *answer)
{
	ctl_put_clean(stdout, ctl_string(answer, "metrics"), true);
}
