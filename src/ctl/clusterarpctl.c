/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clusterarpctl: sends a request to the daemon over its control socket, and prints the answer: as
 * text, or with -j as JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctl/common/ctl_help.h"
#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_text.h"
#include "ctl/ctl_commands.h"

/* --help and --version, which need no command; else the command. Returns the exit status. */
static int run(const struct ctl_options *o)
{
	if (ctl_option(o, CTL_VERSION)) {
		puts("clusterarpctl " PACKAGE_VERSION);
		return EXIT_ANSWERED;
	}
	if (!ctl_option(o, CTL_HELP))
		return o->command->run(o);
	if (o->has_command)
		ctl_help_command(o->command);
	else
		ctl_help(ctl_commands);
	return EXIT_ANSWERED;
}

int main(int argc, char **argv)
{
	struct ctl_options o;
	int rc = ctl_options_read(&o, argc, argv, ctl_commands);

	ctl_colour_init();
	if (rc < 0)
		rc = run(&o);
	ctl_options_free(&o);
	if (o.command->is_stream || (!fflush(stdout) && !ferror(stdout)))
		return rc;
	fprintf(stderr, "clusterarpctl: cannot write: %s\n", strerror(errno));
	return o.command->trouble ? o.command->trouble : EXIT_REFUSED;
}
