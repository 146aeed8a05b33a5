/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load: the configuration's file; see load.h. */
#include "load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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

static const struct config_node *find_self(const struct config *config, const struct load *load,
					   struct config_report *report)
{
	bool is_error = !load->is_test || load->node;
	const struct config_node *self;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	self = config_self(config, load->node, host);
	if (!self && load->node)
		config_report_add(report, is_error, 0, "it has no node '%s'", load->node);
	else if (!self)
		config_report_add(report, is_error, 0,
				  "it has no node named like this host, '%s' (see --node)", host);
	return self;
}

struct config *load_config(const struct load *load, struct config_report *report,
			   const struct config_node **self)
{
	struct config *config = read_config(load->path, report);

	*self = NULL;
	if (!config)
		return NULL;
	config_unsupported(config, report);
	*self = find_self(config, load, report);
	return config;
}
