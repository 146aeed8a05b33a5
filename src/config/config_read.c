/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_read: read and check a configuration file; see config_read.h, and config_draft.h for the
 * stages. */
#include "config/config_read.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/config_check.h"
#include "config/config_draft.h"
#include "config/config_lines.h"

#define DEFAULT_TAP "cluster0"

static struct config *create(void)
{
	struct config *c = calloc(1, sizeof(*c)); /* all other defaults are zero */

	if (!c)
		return NULL;
	strcpy(c->tap, DEFAULT_TAP);
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

static void note_ipv6(struct config *c, const struct ip_addr *ip, unsigned line)
{
	if (ip->family == AF_INET6 && (!c->first_ipv6_line || line < c->first_ipv6_line))
		c->first_ipv6_line = line;
}

static void note_ipv6_of_section(struct config *c, const struct config_addresses *a,
				 const struct section *s)
{
	for (size_t i = 0; i < a->count; i++)
		note_ipv6(c, &a->list[i].addr, s->address_line[i]);
}

/* Keep the line numbers for the messages of later checks. */
static void keep_lines(struct draft *d)
{
	struct config *c = d->config;

	note_ipv6(c, &c->gateway, d->cluster.key_line[KEY_GATEWAY]);
	note_ipv6_of_section(c, &c->address, &d->cluster);
	for (size_t i = 0; i < c->node_count; i++)
		note_ipv6_of_section(c, &c->nodes[i].address, &d->nodes[i]);
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
	if (config_lines_read(stream, &d))
		config_check(&d);
	keep_lines(&d);
	release_draft(&d);
	if (report->errors > errors_before) {
		config_free(d.config);
		return NULL;
	}
	return d.config;
}

size_t config_unsupported(const struct config *c, struct config_report *report)
{
	size_t errors_before = report->errors;

	if (c->first_ipv6_line)
		config_report_add(report, true, c->first_ipv6_line,
				  "IPv6 is not available in this version: use IPv4 addresses, "
				  "here and below");
	return report->errors - errors_before;
}
