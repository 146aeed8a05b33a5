/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_capture: writes frames, as the daemon sees them, as pcapng to a file or to standard output.
 */
#ifndef CLUSTERARPD_CTL_CTL_CAPTURE_H
#define CLUSTERARPD_CTL_CTL_CAPTURE_H

#include <jansson.h>

#define CTL_SNAPLEN_MIN     64
#define CTL_SNAPLEN_DEFAULT 256
#define CTL_SNAPLEN_MAX     262144

struct ctl_capture {
	const char *path;   /* of the daemon's socket */
	const char *file;   /* NULL or "-": standard output, which must not be a terminal */
	json_int_t count;   /* frames; 0: no limit */
	json_int_t snaplen; /* bytes of each, CTL_SNAPLEN_MIN to _MAX */
};

/* Runs until `count` frames were captured, the user stops it, the reader of the output is gone, or
 * the daemon ends. Returns the exit status. */
int ctl_capture(const struct ctl_capture *job);

#endif
