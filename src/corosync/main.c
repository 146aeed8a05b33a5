/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clusterarpd-corosync: reads options and the section [corosync], and runs the driver. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config_read.h"
#include "corosync/cluster.h"
#include "corosync/driver.h"
#include "corosync/options.h"
#include "io/notify.h"

static bool is_stdin(const struct options *options)
{
	return !strcmp(options->config, "-");
}

/* NULL after messages; with `report`, which may have errors without a configuration. */
static struct config *load(const struct options *options, struct config_report *report)
{
	FILE *file = is_stdin(options) ? stdin : fopen(options->config, "re");
	struct config *config = NULL;

	if (file)
		config = config_read(file, report);
	else
		config_report_add(report, true, 0, "cannot open it: %s", strerror(errno));
	if (file && !is_stdin(options))
		fclose(file);
	return config;
}

/* What the file has to say for this driver. */
static void check_file(const struct config *c, struct config_report *report)
{
	if (c->shares != CONFIG_SHARES_DRIVEN)
		config_report_add(report, true, 0, "shares = %s: nothing is driven",
				  config_shares_name(c->shares));
}

/* --- -t --- */

static void warn_name(const struct config *c, const struct options *options,
		      const struct cluster_facts *facts, struct config_report *report)
{
	const struct config_node *self;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	self = config_self(c, options->node, host);
	if (!self)
		config_report_add(report, false, 0, "the file has no node for this host");
	else if (self->corosync_id && self->corosync_id != facts->nodeid)
		config_report_add(report, true, self->line,
				  "corosync_id = %" PRIu32 ", but corosync is node %" PRIu32
				  " on this host",
				  self->corosync_id, facts->nodeid);
	else if (!self->corosync_id && facts->name[0] && strcmp(facts->name, self->name) != 0 &&
		 (strncmp(facts->name, self->name, strlen(self->name)) != 0 ||
		  facts->name[strlen(self->name)] != '.'))
		config_report_add(report, true, self->line,
				  "corosync calls this node %.44s: say corosync_id = %" PRIu32,
				  facts->name, facts->nodeid);
}

/* Compare the file with the corosync that runs here. */
static void check_corosync(const struct config *c, const struct options *options,
			   struct config_report *report)
{
	struct cluster_facts facts;
	const char *why;

	if (!cluster_ask_facts(&facts, &why)) {
		config_report_add(report, false, 0, "not compared with corosync: %s", why);
		return;
	}
	printf("corosync: node %" PRIu32 "%s%s of %u, token %u ms, consensus %u ms%s%s\n",
	       facts.nodeid, facts.name[0] ? " " : "", facts.name, facts.nodes, facts.token_ms,
	       facts.consensus_ms, facts.is_two_node ? ", two_node" : "",
	       facts.has_qdevice ? ", qdevice" : "");
	warn_name(c, options, &facts, report);
	if (facts.nodes == 2 && !facts.has_qdevice)
		config_report_add(
			report, false, 0,
			"two nodes, and corosync has no qdevice: %s; add a qdevice, or let "
			"pacemaker"
			" fence",
			facts.is_two_node
				? "when the network between them fails, both answer all clients"
				: "when one fails, the other has no quorum and takes no clients");
}

static int test(const struct config *c, const struct options *options, struct config_report *report)
{
	if (c) {
		check_corosync(c, options, report);
		printf("group %s, no_quorum = %s\n", c->corosync.group,
		       config_no_quorum_name(c->corosync.no_quorum));
	}
	return report->errors ? EXIT_CONFIG : EXIT_WELL;
}

/* --- */

static int run(const struct config *c, const struct options *options)
{
	const struct driver_options driver = {
		.socket = options->socket,
		.group = c->corosync.group,
		.serves_without_quorum = c->corosync.no_quorum == NO_QUORUM_SERVE,
	};

	return driver_run(&driver) ? EXIT_WELL : EXIT_RUNTIME;
}

int main(int argc, char **argv)
{
	struct config_report report = { 0 };
	struct options options;
	struct config *config;
	int rc = options_parse(argc, argv, &options);

	if (rc >= 0)
		return rc;
	log_init(LOG_LEVEL_NOTICE + (options.verbose > 2 ? 2 : options.verbose),
		 notify_stderr_is_journal() ? LOG_STYLE_JOURNAL : LOG_STYLE_NAME);
	config = load(&options, &report);
	if (config)
		check_file(config, &report);
	if (options.test)
		rc = test(config, &options, &report);
	config_report_print(&report, is_stdin(&options) ? "<stdin>" : options.config, stderr);
	if (!options.test)
		rc = report.errors || !config ? EXIT_CONFIG : run(config, &options);
	config_report_clear(&report);
	config_free(config);
	return rc;
}
