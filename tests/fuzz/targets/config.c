/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: a configuration file. Whatever is accepted must be read again from what config_print()
 * writes of it, as the same configuration, and compared with itself as without changes. With too
 * little memory the file is refused, or is the same configuration: nothing of it may be missing.
 *
 * An input: the bytes of a file; after a NUL, if there is one, those of a second file, with which
 * the first is compared as by a reload.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_diff.h"
#include "config/config_print.h"
#include "config/config_read.h"
#include "scarce.h"
#include "target.h"

static FILE *nowhere;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	nowhere = target_must(fopen("/dev/null", "w"));
	return 0;
}

/* Reading asks for memory this often. */
static unsigned calls;

/* `scarce`: which of these calls fails; 0: none. */
static struct config *read_with(const uint8_t *data, size_t size, unsigned scarce)
{
	struct config_report report = { 0 };
	uint8_t *copy = target_copy(data, size);
	FILE *f = target_must(size ? fmemopen(copy, size, "r") : fopen("/dev/null", "r"));
	struct config *config;

	scarce_begin(scarce);
	config = config_read(f, &report);
	calls = scarce_end();

	target_check(config || report.errors, "refused without an error");
	target_check(!config || !report.errors, "accepted with an error");
	for (size_t i = 1; i < report.count; i++)
		target_check(report.list[i - 1].line <= report.list[i].line, "not by line");
	config_report_print(&report, "clusterarpd.conf", nowhere);
	config_report_clear(&report);
	fclose(f);
	free(copy);
	return config;
}

static struct config *read_bytes(const uint8_t *data, size_t size)
{
	return read_with(data, size, 0);
}

static char *print(const struct config *config, size_t *size)
{
	char *text = NULL;
	FILE *f = target_must(open_memstream(&text, size));

	config_print(config, f);
	fclose(f);
	return target_must(text);
}

/* What a reload from one to the other would say; both ways, since neither may fail. */
static size_t count_changes(const struct config *from, const struct config *to)
{
	size_t changes = 0;

	for (size_t i = 0; i < from->node_count; i++) {
		struct config_diff diff = { { 0 }, { 0 } };

		target_check(!config_diff(from, to, from->nodes[i].name, &diff), "out of memory");
		target_check(diff.needs_restart.count <= diff.changes.count, "more than changes");
		changes += diff.changes.count;
		config_diff_clear(&diff);
	}
	return changes;
}

static void check_nodes(const struct config *config)
{
	for (size_t i = 0; i < config->node_count; i++) {
		const struct config_node *n = &config->nodes[i];

		target_check(config_find_node(config, n->name) == n, "two nodes of one name");
		target_check(config_self(config, NULL, n->name) == n, "not found by its name");
		target_check(config_self(config, n->name, "") == n, "not found by --node");
	}
}

static void check_read_back(const struct config *config)
{
	size_t size, again_size;
	char *text = print(config, &size), *again_text;
	struct config *again = read_bytes((const uint8_t *)text, size);

	target_check(again, "what config_print() writes is refused:\n%s", text);
	again_text = print(again, &again_size);
	target_check(size == again_size && !memcmp(text, again_text, size),
		     "read back as another configuration:\n%s\n--- and not\n%s", again_text, text);
	target_check(!count_changes(config, again) && !count_changes(again, config),
		     "a reload of what config_print() writes would change something:\n%s", text);
	free(text);
	free(again_text);
	config_free(again);
}

static void check_same(const struct config *config, const struct config *other)
{
	size_t size, other_size;
	char *text = print(config, &size), *other_text = print(other, &other_size);

	target_check(size == other_size && !memcmp(text, other_text, size),
		     "without memory another configuration:\n%s\n--- and not\n%s", other_text,
		     text);
	free(text);
	free(other_text);
}

static void read_without_memory(const uint8_t *data, size_t size, const struct config *config)
{
	struct config *other = read_with(data, size, scarce_choose(data, size, calls));

	target_check(config || !other, "accepted without memory");
	if (other)
		check_same(config, other);
	config_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_input in = { data, size }, first = target_until(&in, '\0');
	struct config *config = read_bytes(first.data, first.size), *other;

	read_without_memory(first.data, first.size, config);

	if (config) {
		check_nodes(config);
		check_read_back(config);
	}
	other = in.size ? read_bytes(in.data, in.size) : NULL;
	if (config && other) {
		count_changes(config, other);
		count_changes(other, config);
	}
	config_free(config);
	config_free(other);
	return 0;
}
