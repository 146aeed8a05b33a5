/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_capture: frames as the daemon sees them, as pcapng, in a file or on the standard output.
 */
#ifndef CLUSTERARPD_CTL_CAPTURE_H
#define CLUSTERARPD_CTL_CAPTURE_H

#include <jansson.h>

/* `file` NULL or "-": the standard output, which must not be a terminal. `count`: frames; 0:
 * until the user stops it, nobody reads it any more, or the daemon ends. The exit status. */
int ctl_capture(const char *path, const char *file, json_int_t count);

#endif
