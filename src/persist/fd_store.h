/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover: the TAP device, the packet socket and the kernel data path's ring buffer from one
 * run to the next, by the service manager's descriptor store: over a restart and over a
 * crash (SPEC 5).
 *
 * What is stored has a name that tells what it was made for: a digest of the MACs, the
 * addresses and whatever else it was set up with. A run with another configuration finds
 * nothing under its own name, and begins anew.
 */
#ifndef CLUSTERARPD_PERSIST_FD_STORE_H
#define CLUSTERARPD_PERSIST_FD_STORE_H

#include "core/peers.h"

/* What there is to hand over. */
struct handover {
	enum handover_kind {
		HANDOVER_TAP,  /* the TAP device */
		HANDOVER_NIC,  /* the packet socket on the interface `ifindex` */
		HANDOVER_RING, /* the kernel data path's ring buffer */
	} kind;
	const struct peers *peers; /* borrowed */
	int ifindex;
};

/* Its descriptor is kept for the next run, and stays the caller's. */
void handover_store(const struct handover *thing, int fd);
/* From the last run, and the caller's from now on; or -1. */
int handover_take(const struct handover *thing);
/* It is of no use any more. */
void handover_forget(const struct handover *thing);

/* Let go of all that was not taken, and wait (a second at most) until a TAP device of
 * the configured name that was among it is gone. */
void handover_discard_rest(const struct peers *peers);

#endif
