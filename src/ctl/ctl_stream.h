/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_stream: an answer that goes on until the user stops it, nobody reads the output any
 * more, or the daemon ends it.
 */
#ifndef CLUSTERARPD_CTL_CTL_STREAM_H
#define CLUSTERARPD_CTL_CTL_STREAM_H

#include "ctl/ctl_ask.h"

enum ctl_event {
	CTL_BYTES,   /* more has come, or the daemon has closed: ctl_fill() */
	CTL_STOPPED, /* by the user */
	CTL_UNREAD,  /* nobody reads the output any more */
};

/* From now on SIGINT, SIGTERM and SIGHUP stop ctl_wait(), and interrupt read(2) and write(2); a
 * closed output is an error of write(2) alone. */
void ctl_stream_init(void);
/* Wait for what comes first; `out` is the output. */
enum ctl_event ctl_wait(const struct ctl_answer *answer, int out);

#endif
