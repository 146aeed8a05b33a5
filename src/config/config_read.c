/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_read: read and check a configuration file; see config_read.h, and config_draft.h for the
 * stages. */
#include "config/config_read.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_check.h"
#include "config/config_draft.h"
#include "config/config_lines.h"

#define DEFAULT_TAP   "cluster0"
#define DEFAULT_GROUP "clusterarpd"

static struct config *create(void)
{
	struct config *c = calloc(1, sizeof(*c)); /* all other defaults are zero */

	if (!c)
		return NULL;
	strcpy(c->tap, DEFAULT_TAP);
	strcpy(c->corosync.group, DEFAULT_GROUP);
	c->adopt = true;
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
