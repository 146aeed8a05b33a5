/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_explain: the command line of `explain`; see ctl_explain.h. */
#include "ctl/ctl_explain.h"

#include <stdio.h>
#include <string.h>

#include "ctl/common/ctl_ask.h"

bool ctl_explain_side(struct explain *job, const char *value)
{
	if (!strcmp(value, "tap"))
		job->side = EXPLAIN_SIDE_TAP;
	else if (!strcmp(value, "wire"))
		job->side = EXPLAIN_SIDE_WIRE;
	else
		fprintf(stderr, "clusterarpctl: --side needs wire or tap, not '%s'\n", value);
	return job->side != EXPLAIN_SIDE_UNKNOWN;
}

int ctl_explain(struct explain job, const char *config)
{
	if (!job.config)
		job.config = config;
	if (!strcmp(job.config, "-") && !strcmp(job.file, "-")) {
		fputs("clusterarpctl: the capture and --config cannot both be standard input\n",
		      stderr);
		return EXIT_USAGE;
	}
	return explain(&job);
}
