/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load: the configuration file; see load.h. */
#include "daemon/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_read.h"

bool load_is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *load_name(const char *path)
{
	return load_is_stdin(path) ? "<stdin>" : path;
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

static FILE *open_stdin(const struct load *load, struct config_report *report)
{
	if (!load->is_reload)
		return stdin;
	config_report_add(report, true, 0,
			  "the configuration came from standard input, which cannot be read again:"
			  " restart the daemon to change it");
	return NULL;
}

static struct config *read_config(const struct load *load, struct config_report *report)
{
	bool is_stdin = load_is_stdin(load->path);
	FILE *f = is_stdin ? open_stdin(load, report) : open_file(load->path, report);
	struct config *config;

	if (!f)
		return NULL;
	config = config_read(f, report);
	if (!is_stdin)
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
	*self = find_self(config, load, report);
	return config;
}
