/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_explain: the command line of `explain`; see ctl_explain.h. */
#include "ctl/ctl_explain.h"

#include <string.h>

#include "ctl/common/ctl_options.h"
#include "explain/explain.h"

/* EXPLAIN_SIDE_UNKNOWN, without an error: the option was not given. False: it is no side. */
static bool take_side(const char *value, enum explain_side *side)
{
	*side = EXPLAIN_SIDE_UNKNOWN;
	if (value && !strcmp(value, "tap"))
		*side = EXPLAIN_SIDE_TAP;
	if (value && !strcmp(value, "wire"))
		*side = EXPLAIN_SIDE_WIRE;
	return !value || *side != EXPLAIN_SIDE_UNKNOWN;
}

int ctl_explain_run(const struct ctl_options *o)
{
	const char *side = ctl_option(o, CTL_SIDE);
	struct explain job = { .file = o->words[0],
			       .config = ctl_option(o, CTL_CONFIG) ?: DEFAULT_CONFIG,
			       .node = ctl_option(o, CTL_NODE),
			       .is_json = ctl_option(o, CTL_JSON) };

	if (!take_side(side, &job.side))
		return ctl_usage_error(o->command, "--side needs wire or tap, not '%s'", side);
	if (!strcmp(job.config, "-") && !strcmp(job.file, "-"))
		return ctl_usage_error(o->command,
				       "the capture and --config cannot both be standard input");
	return explain(&job);
}
