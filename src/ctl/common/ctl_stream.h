/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_stream: waits for the parts of an endless answer, until the user stops it, the reader of the
 * output is gone, or the daemon closes the connection.
 */
#ifndef CLUSTERARPD_CTL_COMMON_CTL_STREAM_H
#define CLUSTERARPD_CTL_COMMON_CTL_STREAM_H

#include "ctl/common/ctl_ask.h"

enum ctl_event {
	CTL_BYTES,   /* bytes arrived, or the daemon closed the connection: call ctl_fill() */
	CTL_STOPPED, /* by a signal */
	CTL_UNREAD,  /* the reader of the output is gone */
};

/* From now on SIGINT, SIGTERM and SIGHUP end ctl_wait(), and interrupt read(2) and write(2).
 * SIGPIPE is ignored: a closed output only makes write(2) fail. */
void ctl_stream_init(void);
/* Wait for the first of these events; `out` is the output's descriptor. */
enum ctl_event ctl_wait(const struct ctl_answer *answer, int out);

#endif
