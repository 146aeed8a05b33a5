/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_read: read and check a configuration file; see config_read.h, and config_draft.h for the
 * stages. */
#include "config/config_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_check.h"
#include "config/config_draft.h"
#include "config/config_lines.h"

#define DEFAULT_TAP      "cluster0"
#define DEFAULT_GROUP    "clusterarpd"
#define DEFAULT_LIVENESS 1000 /* ms */

static struct config *create(void)
{
	struct config *c = calloc(1, sizeof(*c)); /* all other defaults are zero */

	if (!c)
		return NULL;
	strcpy(c->tap, DEFAULT_TAP);
	strcpy(c->corosync.group, DEFAULT_GROUP);
	c->adopt = true;
	c->liveness = DEFAULT_LIVENESS;
	return c;
}

static void release_draft(struct draft *d)
{
	for (size_t i = 0; i < d->config->node_count; i++)
		free(d->nodes[i].address_line);
	free(d->nodes);
	free(d->cluster.address_line);
}

struct config *config_read(FILE *stream, struct config_report *report)
{
	struct draft d = { .config = create(), .report = report };
	size_t errors_before = report->errors;

	if (!d.config) {
		config_report_out_of_memory(report);
		return NULL;
	}
	d.cluster.kind = SECTION_CLUSTER;
	d.corosync.kind = SECTION_COROSYNC;
	if (config_lines_read(stream, &d))
		config_check(&d);
	release_draft(&d);
	if (report->errors > errors_before) {
		config_free(d.config);
		return NULL;
	}
	return d.config;
}

/* --- by its path --- */

bool config_path_is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *config_path_name(const char *path)
{
	return config_path_is_stdin(path) ? "<stdin>" : path;
}

/* Only a regular file is sure to have an end, and not to block: a FIFO may do so already when it is
 * opened. */
static FILE *open_file(const char *path, struct config_report *report)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *f = fd < 0 || fstat(fd, &st) ? NULL : fdopen(fd, "r");

	if (f && !S_ISREG(st.st_mode)) {
		config_report_add(report, true, 0,
				  "not a regular file; '-c -' reads standard input");
		fclose(f);
		return NULL;
	}
	if (f)
		return f;
	config_report_add(report, true, 0, "cannot open it: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct config *config_read_path(const char *path, struct config_report *report)
{
	bool is_stdin = config_path_is_stdin(path);
	FILE *f = is_stdin ? stdin : open_file(path, report);
	struct config *config;

	if (!f)
		return NULL;
	config = config_read(f, report);
	if (!is_stdin)
		fclose(f);
	return config;
}
