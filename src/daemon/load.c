/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load: the configuration file; see load.h. */
#include "daemon/load.h"

#include <unistd.h>

#include "config/config_read.h"

static struct config *read_config(const struct load *load, struct config_report *report)
{
	if (!load->is_reload || !config_path_is_stdin(load->path))
		return config_read_path(load->path, report);
	config_report_add(report, true, 0,
			  "the configuration came from standard input, which cannot be read again:"
			  " restart the daemon to change it");
	return NULL;
}

static const struct config_node *find_self(const struct config *config, const struct load *load,
					   struct config_report *report)
{
	bool is_error = !load->is_test || load->node;
	const struct config_node *self;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	self = config_self(config, load->node, host);
	if (!self && load->node)
		config_report_add(report, is_error, 0, "the file has no [node %s] section",
				  load->node);
	else if (!self)
		config_report_add(report, is_error, 0,
				  "the file has no [node %s] section for this host (see --node)",
				  host);
	return self;
}

struct config *load_config(const struct load *load, struct config_report *report,
			   const struct config_node **self)
{
	struct config *config = read_config(load, report);

	*self = NULL;
	if (!config)
		return NULL;
	*self = find_self(config, load, report);
	return config;
}
