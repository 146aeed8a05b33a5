/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load: the configuration file; see load.h. */
#include "daemon/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_read.h"

static FILE *open_file(const struct load *load, struct config_report *report)
{
	struct stat st;
	int fd = open(load->path, O_RDONLY | O_CLOEXEC | (load->is_reload ? O_NONBLOCK : 0));
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (f && load->is_reload && !fstat(fd, &st) && !S_ISREG(st.st_mode)) {
		config_report_add(report, true, 0, "not a regular file");
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

static struct config *read_config(const struct load *load, struct config_report *report)
{
	FILE *f = open_file(load, report);
	struct config *config;

	if (!f)
		return NULL;
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
	config_unsupported(config, report);
	*self = find_self(config, load, report);
	return config;
}
