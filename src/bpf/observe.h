/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * observe: a second set of the kernel data path's programs, which show each frame that they handle
 * to a capture, and work on the maps of the first set. They are loaded and attached only while
 * somebody captures: the programs of the first set know nothing of it (src/bpf/observe.bpf.h).
 *
 * The frames come through a ring buffer of BPF_SEEN_BYTES. Nothing waits for its reader: a frame
 * for which there is no room is counted. Uses libbpf.
 */
#ifndef CLUSTERARPD_BPF_OBSERVE_H
#define CLUSTERARPD_BPF_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/hooks.h"
#include "bpf/layout.h"
#include "core/rewrite.h"

struct clusterarpd_bpf;
struct observe;

/* Load them: they share the maps of `plain`, which must outlive them, and show up to `snaplen`
 * bytes of each frame, at most BPF_SNAPLEN_MAX. Sets *out. 0, or a negative errno with
 * bpf_error_text(); *out is NULL then. */
int observe_load(const struct clusterarpd_bpf *plain, unsigned snaplen, struct observe **out);
void observe_unload(struct observe *observe); /* NULL is allowed */
/* Those of them that replace plain ones. 0 or a negative errno. */
int observe_set_hooks(const struct observe *observe, struct hook_programs *hooks);
/* Wait until the kernel runs no program any more that was detached before, so that nothing is added
 * to the ring: some milliseconds. */
void observe_settle(void);

/* One side of a frame that the programs have handled. */
struct observed {
	enum rewrite_direction direction;
	bool is_out; /* where it goes out, as it is sent; else where it came in, as it was received
		      */
	struct rule_verdict verdict; /* a drop where it goes out is the failure to send it, or is at
				      * the TAP */
	uint64_t time;               /* CLOCK_REALTIME, ns */
	const uint8_t *frame;        /* VLAN tag inline; valid during the call */
	size_t kept, len;            /* bytes in `frame`; of the whole frame */
};
typedef void observe_callback(const struct observed *side, void *arg);

/* Read up to `most` frames; the callback is called for each side of each. Returns how many. */
unsigned observe_read(struct observe *observe, unsigned most, observe_callback *callback,
		      void *arg);
/* What was lost since the programs were loaded. 0 or a negative errno. */
int observe_lost(const struct observe *observe, struct bpf_seen_lost *lost);

#endif
