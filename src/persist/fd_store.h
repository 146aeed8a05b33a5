/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fd_store: keeps the descriptors of the TAP device, the packet sockets and the kernel data path's
 * ring buffer from one run to the next, in the service manager's descriptor store: across a
 * restart and across a crash (SPEC 5).
 *
 * The name of a stored descriptor says what it was made for: it is a digest of the MACs, the
 * addresses and whatever else the object was set up with. A run with another configuration finds
 * nothing under its own names, and creates the objects again.
 */
#ifndef CLUSTERARPD_PERSIST_FD_STORE_H
#define CLUSTERARPD_PERSIST_FD_STORE_H

#include "core/peers.h"

/* An object whose descriptor can be stored. */
struct fd_store_item {
	enum fd_store_kind {
		FD_STORE_TAP,       /* the TAP device */
		FD_STORE_NIC,       /* the packet socket on the interface `ifindex` */
		FD_STORE_NIC_PEERS, /* the second one, for frames of peers */
		FD_STORE_RING,      /* the kernel data path's ring buffer */
	} kind;
	const struct peers *peers; /* borrowed */
	int ifindex;
};

/* Store a copy of its descriptor for the next run. `fd` stays the caller's. */
void fd_store_keep(const struct fd_store_item *thing, int fd);
/* The descriptor that the last run stored, owned by the caller from now on; or -1. */
int fd_store_take(const struct fd_store_item *thing);
/* Remove it from the store: it is no longer needed. */
void fd_store_forget(const struct fd_store_item *thing);

/* Close all stored descriptors that were not taken, and wait (a second at most) until a TAP device
 * of the configured name that was among them is gone. */
void fd_store_discard_rest(const struct peers *peers);

#endif
