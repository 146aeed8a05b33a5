/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_capture: frames as the daemon sees them, as pcapng, in a file or on the standard output.
 */
#ifndef CLUSTERARPD_CTL_CTL_CAPTURE_H
#define CLUSTERARPD_CTL_CTL_CAPTURE_H

#include <jansson.h>

struct ctl_capture {
	const char *path; /* of the daemon's socket */
	const char *file; /* NULL or "-": the standard output, which must not be a terminal */
	json_int_t count; /* frames; 0: no limit */
};

/* Until that many have come, the user stops it, nobody reads it any more, or the daemon ends. The
 * exit status. */
int ctl_capture(const struct ctl_capture *job);

#endif
