/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring: the eBPF ring buffer through which the kernel data path passes frames from the NIC to the
 * daemon (ARP, Neighbour Discovery, echoes, and all frames while there is no TAP). Uses libbpf.
 */
#ifndef CLUSTERARPD_BPF_RING_H
#define CLUSTERARPD_BPF_RING_H

#include <stdbool.h>

#include "io/packet.h"

/* Room for a second or two of ARP frames, and for one BIG TCP frame. */
#define RING_BYTES (1024 * 1024)

struct ring;

/* Create a reader of the ring buffer `map_fd`, which stays the caller's and must outlive the
 * reader. Sets *out. 0 or a negative errno. */
int ring_create(int map_fd, struct ring **out);
/* NULL is allowed, here and below: there is no ring on the user data path. */
void ring_destroy(struct ring *ring);
/* Is `fd` a ring buffer of RING_BYTES? -1 is not. */
bool ring_is_usable(int fd);

/* The caller's `map_fd`, readable when frames wait; -1 for NULL. */
int ring_fd(const struct ring *ring);
/* Like packet_socket_receive(): read up to `most` frames into as many packets. Returns how many; 0
 * for NULL. Frames for which the ring has no room are in programs_counts(), as DROP_KERNEL_RING. */
int ring_receive(struct ring *ring, struct packet *packets, unsigned most, bool *more);
/* Discard all frames that wait. */
void ring_discard(struct ring *ring);

#endif
