/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fd_store: the TAP device, the packet socket and the kernel data path's ring buffer from one
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
struct fd_store_item {
	enum fd_store_kind {
		FD_STORE_TAP,  /* the TAP device */
		FD_STORE_NIC,  /* the packet socket on the interface `ifindex` */
		FD_STORE_RING, /* the kernel data path's ring buffer */
	} kind;
	const struct peers *peers; /* borrowed */
	int ifindex;
};

/* Its descriptor is kept for the next run, and stays the caller's. */
void fd_store_keep(const struct fd_store_item *thing, int fd);
/* From the last run, and the caller's from now on; or -1. */
int fd_store_take(const struct fd_store_item *thing);
/* It is of no use any more. */
void fd_store_forget(const struct fd_store_item *thing);

/* Let go of all that was not taken, and wait (a second at most) until a TAP device of
 * the configured name that was among it is gone. */
void fd_store_discard_rest(const struct peers *peers);

#endif
