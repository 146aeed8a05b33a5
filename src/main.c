/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clusterarpd: assembly: options, configuration, privileges, and off it runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "background.h"
#include "core/config.h"
#include "daemon.h"
#include "io/notify.h"
#include "log.h"
#include "options.h"
#include "privilege.h"

static struct config *read_config(const char *path, struct config_report *report)
{
	struct config *config;
	FILE *f = fopen(path, "re");

	if (!f) {
		config_report_add(report, true, 0, "cannot open it: %s", strerror(errno));
		return NULL;
	}
	config = config_read(f, report);
	fclose(f);
	return config;
}

/* The node that this host is; a test without --node only warns when it is none. */
static const struct config_node *
find_self(const struct config *config, const struct options *options, struct config_report *report)
{
	bool is_error = !options->test || options->node;
	const struct config_node *self;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	self = config_self(config, options->node, host);
	if (!self && options->node)
		config_report_add(report, is_error, 0, "it has no node '%s'", options->node);
	else if (!self)
		config_report_add(report, is_error, 0,
				  "it has no node named like this host, '%s' (see --node)", host);
	return self;
}

/* The process ID file comes last, so that a second daemon never touches the first's. */
static int on_ready(void *arg)
{
	const struct options *options = arg;

	if (options->pid_file && background_write_pid(options->pid_file))
		return -1;
	background_ready();
	return 0;
}

static int run_daemon(const struct config *config, const struct config_node *self,
		      struct options *options)
{
	const struct daemon_options daemon_options = { options->socket, on_ready, options };

	if (privilege_reduce() || (options->daemonize && background_fork()))
		return EXIT_RUNTIME;
	return daemon_run(config, self, &daemon_options);
}

/* As run_daemon(), with paths that stay right when the directory changes. */
static int run(const struct config *config, const struct config_node *self,
	       const struct options *options)
{
	char *socket = background_path(options->socket);
	char *pid_file = options->pid_file ? background_path(options->pid_file) : NULL;
	struct options absolute = *options;
	int rc = EXIT_RUNTIME;

	absolute.socket = socket;
	absolute.pid_file = pid_file;
	if (socket && (pid_file || !options->pid_file))
		rc = run_daemon(config, self, &absolute);
	free(socket);
	free(pid_file);
	return rc;
}

int main(int argc, char **argv)
{
	struct config_report report = { 0 };
	const struct config_node *self = NULL;
	struct options options;
	struct config *config;
	int rc = options_parse(argc, argv, &options);

	if (rc >= 0)
		return rc;
	log_init(LOG_LEVEL_NOTICE + (options.verbose > 2 ? 2 : options.verbose),
		 notify_stderr_is_journal());
	config = read_config(options.config, &report);
	if (config) {
		config_unsupported(config, &report);
		self = find_self(config, &options, &report);
	}
	config_report_print(&report, options.config, stderr);
	if (report.errors)
		rc = EXIT_CONFIG;
	else if (options.test)
		rc = EXIT_WELL;
	else
		rc = run(config, self, &options);
	if (options.test && config && !report.errors)
		config_print(config, stdout);
	config_report_clear(&report);
	config_free(config);
	return rc;
}
