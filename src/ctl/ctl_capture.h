/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_capture: writes frames, as the daemon sees them, as pcapng to a file or to standard output.
 */
#ifndef CLUSTERARPD_CTL_CTL_CAPTURE_H
#define CLUSTERARPD_CTL_CTL_CAPTURE_H

#include "ctl/common/ctl_command.h"

/* Runs until `count` frames were captured, the user stops it, the reader of the output is gone, or
 * the daemon ends. Returns the exit status. */
int ctl_capture_run(const struct ctl_options *options);

#endif
