/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover: the TAP device and the packet socket from one run to the next, by the
 * service manager's descriptor store: over a restart and over a crash (SPEC 5).
 *
 * What is stored has a name that tells what it was made for: a digest of the MACs, the
 * addresses and whatever else it was set up with. A run with another configuration finds
 * nothing under its own name, and begins anew.
 */
#ifndef CLUSTERARPD_HANDOVER_H
#define CLUSTERARPD_HANDOVER_H

#include "core/peers.h"

/* The TAP's descriptor: kept for the next run; from the last one, or -1. */
void handover_store_tap(const struct peers *peers, int fd);
int handover_take_tap(const struct peers *peers);
/* It is of no use any more. */
void handover_forget_tap(const struct peers *peers);
/* Likewise the packet socket on the interface `ifindex`. */
void handover_store_nic(const struct peers *peers, int ifindex, int fd);
int handover_take_nic(const struct peers *peers, int ifindex);
void handover_forget_nic(const struct peers *peers, int ifindex);

/* Let go of all that was not taken, and wait (a second at most) until a TAP device of
 * the configured name that was among it is gone. */
void handover_discard_rest(const struct peers *peers);

#endif
