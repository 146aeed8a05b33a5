/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clusterarpd: reads options and configuration, reduces privileges, and runs the daemon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config_print.h"
#include "config/config_read.h"
#include "daemon/background.h"
#include "daemon/backoff.h"
#include "daemon/daemon.h"
#include "daemon/load.h"
#include "daemon/options.h"
#include "daemon/privilege.h"
#include "io/notify.h"
#include "io/syslog_socket.h"
#include "nic/recovery.h"

struct start {
	const struct options *options;
	bool is_done;
};

/* The process ID file is written last, so that a second daemon, which fails before, never changes
 * the first daemon's file. */
static int on_ready(void *arg)
{
	struct start *start = arg;

	if (start->options->pid_file && background_write_pid(start->options->pid_file))
		return -1;
	if (start->options->syslog)
		log_set_sink(syslog_socket_send, false);
	background_ready(start->options->syslog);
	start->is_done = true;
	return 0;
}

static int run_daemon(struct config *config, const struct config_node *self,
		      const struct options *options)
{
	struct start start = { options, false };
	const struct daemon_options daemon_options = {
		.socket = options->socket,
		.load = { .path = options->config, .node = options->node },
		.ready = on_ready,
		.arg = &start,
	};
	int rc = EXIT_RUNTIME;

	if (!privilege_reduce() && (!options->daemonize || !background_fork()))
		rc = daemon_run(config, self, &daemon_options);
	if (rc == EXIT_RUNTIME && !start.is_done && !backoff_wait())
		return EXIT_WELL;
	return rc;
}

/* As run_daemon(), with absolute paths, which stay valid when the working directory changes. */
static int run(struct config *config, const struct config_node *self, const struct options *options)
{
	char *file = config_path_is_stdin(options->config) ? strdup(options->config)
							   : background_path(options->config);
	char *socket = background_path(options->socket);
	char *pid_file = options->pid_file ? background_path(options->pid_file) : NULL;
	struct options absolute = *options;
	int rc = EXIT_RUNTIME;

	absolute.config = file;
	absolute.socket = socket;
	absolute.pid_file = pid_file;
	if (file && socket && (pid_file || !options->pid_file))
		rc = run_daemon(config, self, &absolute);
	free(file);
	free(socket);
	free(pid_file);
	return rc;
}

/* The configuration is invalid, so this run cannot go on with the NIC and the TAP of an earlier
 * run. Discard the descriptors in the service manager's store, and restore the NIC. */
static void restore_nics(const struct options *options)
{
	if (!recovery_is_needed(options->socket) || privilege_reduce())
		return;
	notify_discard_rest();
	recovery_run(options->socket, NULL);
}

/* While the command of -D has not returned, its user sees the lines, too. */
static void start_log(const struct options *options)
{
	enum log_style style = options->daemonize ? LOG_STYLE_TIME : LOG_STYLE_NAME;

	if (notify_stderr_is_journal())
		style = LOG_STYLE_JOURNAL;
	log_init(LOG_LEVEL_NOTICE + (options->verbose > 2 ? 2 : options->verbose), style);
	if (options->syslog && !options->test)
		log_set_sink(syslog_socket_send, options->daemonize);
}

int main(int argc, char **argv)
{
	struct config_report report = { 0 };
	const struct config_node *self = NULL;
	struct options options;
	struct load load;
	struct config *config;
	int rc = options_parse(argc, argv, &options);

	if (rc >= 0)
		return rc;
	start_log(&options);
	load = (struct load){ .path = options.config,
			      .node = options.node,
			      .is_test = options.test };
	config = load_config(&load, &report, &self);
	config_report_print(&report, config_path_name(options.config), stderr);
	if (report.errors && options.syslog && !options.test)
		log_error("%s is invalid: clusterarpd -t tells its errors",
			  config_path_name(options.config));
	if (report.errors && !options.test)
		restore_nics(&options);
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
