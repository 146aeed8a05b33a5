/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring: the eBPF ring buffer by which the kernel data path hands frames from the NIC to the daemon
 * (ARP, Neighbour Discovery, echoes, and all frames while there is no TAP). By libbpf.
 */
#ifndef CLUSTERARPD_BPF_RING_H
#define CLUSTERARPD_BPF_RING_H

#include <stdbool.h>

#include "io/packet.h"

/* Room for the ARP frames of a second or two, and for one frame of BIG TCP. */
#define RING_BYTES (1024 * 1024)

struct ring;

/* Read from the ring buffer `map_fd`, which stays the caller's and must outlive it. Sets *out.
 * Negative errno. */
int ring_create(int map_fd, struct ring **out);
/* NULL is fine, here and below: there is no ring on the user data path. */
void ring_destroy(struct ring *ring);
/* Is `fd` a ring buffer such as ours? */
bool ring_is_usable(int fd);

/* The descriptor, readable when frames wait; -1 for NULL. */
int ring_fd(const struct ring *ring);
/* As packet_socket_receive(): up to `most` frames into as many packets. How many; 0 for NULL.
 * Frames that found no room are in programs_counts(), as DROP_KERNEL_RING. */
int ring_receive(struct ring *ring, struct packet *packets, unsigned most, bool *more);
/* Discard all frames that wait. */
void ring_discard(struct ring *ring);

#endif
