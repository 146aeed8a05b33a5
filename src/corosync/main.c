/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clusterarpd-corosync: reads the options, and runs the driver. */
#include "base/log.h"
#include "corosync/options.h"
#include "io/loop.h"
#include "io/notify.h"

int main(int argc, char **argv)
{
	struct options options;
	struct loop *loop;
	int rc = options_parse(argc, argv, &options);

	if (rc >= 0)
		return rc;
	log_init(LOG_LEVEL_NOTICE + (options.verbose > 2 ? 2 : options.verbose),
		 notify_stderr_is_journal() ? LOG_STYLE_JOURNAL : LOG_STYLE_NAME);
	loop = loop_create();
	rc = loop && !loop_run(loop) ? EXIT_WELL : EXIT_RUNTIME;
	loop_destroy(loop);
	return rc;
}
