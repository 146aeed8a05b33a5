/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clusterarpd-corosync: reads options and the section [corosync], and runs the driver. */
#include <stdio.h>

#include "base/log.h"
#include "config/config_read.h"
#include "corosync/check.h"
#include "corosync/driver.h"
#include "corosync/options.h"
#include "io/notify.h"

/* What the file has to say for this driver. */
static void check_file(const struct config *c, struct config_report *report)
{
	if (c->shares != CONFIG_SHARES_DRIVEN)
		config_report_add(report, true, 0, "shares = %s: nothing is driven",
				  config_shares_name(c->shares));
}

static int test(const struct config *c, const struct options *options, struct config_report *report)
{
	if (c) {
		check_corosync(c, options->node, report);
		printf("group %s, no_quorum = %s\n", c->corosync.group,
		       config_no_quorum_name(c->corosync.no_quorum));
	}
	return report->errors ? EXIT_CONFIG : EXIT_WELL;
}

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
	log_set_program("clusterarpd-corosync");
	log_init(LOG_LEVEL_NOTICE + (options.verbose > 2 ? 2 : options.verbose),
		 notify_stderr_is_journal() ? LOG_STYLE_JOURNAL : LOG_STYLE_NAME);
	config = config_read_path(options.config, &report);
	if (config)
		check_file(config, &report);
	if (options.test)
		rc = test(config, &options, &report);
	config_report_print(&report, config_path_name(options.config), stderr);
	if (!options.test)
		rc = report.errors || !config ? EXIT_CONFIG : run(config, &options);
	config_report_clear(&report);
	config_free(config);
	return rc;
}
