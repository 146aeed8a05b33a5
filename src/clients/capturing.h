/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capturing: the endless answer to `capture`: the frames of both data paths, as pcapng.
 *
 * Frames that pass through the daemon are shown by the relay. On the kernel data path programs that
 * show the others are attached for the time of the capture; what they have shown is read a few
 * milliseconds later, and a bounded number of frames at a time. A client that does not read loses
 * frames, which are counted; it costs no more than the buffers.
 */
#ifndef CLUSTERARPD_CLIENTS_CAPTURING_H
#define CLUSTERARPD_CLIENTS_CAPTURING_H

#include <stddef.h>
#include <stdint.h>

#include "clients/control.h"
#include "datapath/kernel_path.h"
#include "datapath/relay.h"
#include "report/event_feed.h"

struct captures;

/* All of it is borrowed, and must outlive every client. NULL: out of memory. */
struct captures *captures_create(struct loop *loop, struct relay *relay, struct event_feed *feed);
void captures_destroy(struct captures *captures);
/* Borrowed, likewise. Before it is set only the relay's frames are captured. */
void captures_set_kernel_path(struct captures *captures, struct kernel_path *path);

struct captures_wish {
	const char *tap, *nic; /* their names */
	uint64_t count;        /* frames; 0: no limit */
	size_t snaplen;        /* CAPTURE_SNAPLEN_MIN to _MAX */
};
/* Begin to answer a client. NULL: it has begun; else the reason why not, valid until the next call.
 * Only one capture can run at a time. */
const char *captures_begin(struct captures *captures, struct control_client *client,
			   const struct captures_wish *wish);

#endif
