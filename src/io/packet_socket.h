/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nic: the wire's side: an AF_PACKET socket with virtio-net headers (packet(7)).
 */
#ifndef CLUSTERARPD_IO_PACKET_SOCKET_H
#define CLUSTERARPD_IO_PACKET_SOCKET_H

#include "base/addr.h"
#include "io/packet.h"

struct nic;

/* Open the socket, not bound to any interface: nothing arrives yet, so that a filter
 * can be put on it first. Negative errno: -EPERM no CAP_NET_RAW. */
int nic_open(struct nic **out);
/* The same by a socket of an earlier run, bound to `ifindex` and with its memberships,
 * which is ours from now on. Sets *receives as of nic_bind(). -EBADFD: it is none, and closed. */
int nic_adopt(int fd, int ifindex, struct nic **out, bool *receives);
void nic_close(struct nic *nic);
int nic_fd(const struct nic *nic);

/* Have the interface receive frames for `mac`, group or individual; for all groups.
 * The kernel takes these back when the socket closes. Negative errno. */
int nic_join(struct nic *nic, int ifindex, const struct mac *mac);
int nic_join_all_groups(struct nic *nic, int ifindex);
/* Begin: every frame that arrives there, and none that leaves; or, not `receives`, none at all:
 * the socket is for sending then, and costs frames that come nothing. May be called again to
 * change that; to stop receiving takes the kernel some milliseconds. */
int nic_bind(struct nic *nic, int ifindex, bool receives);

/* Receive up to `most` frames (PACKET_BATCH) into as many packets, VLAN tags inline. How many,
 * those included that are lost (error -EINVAL: virtio cannot express it; -EMSGSIZE: longer than
 * PACKET_FRAME_MAX); *more: there may be more. Negative errno: -ENETDOWN (once) the interface
 * went down, -ENXIO it is gone. */
int nic_receive(struct nic *nic, struct packet *packets, unsigned most, bool *more);
/* Send `count` frames (1 to PACKET_BATCH), in order. How many; or why the first could not be, a
 * negative errno: -EAGAIN try again when writable, -EMSGSIZE the wire cannot carry it, -ENOBUFS
 * the queue is full, -ENETDOWN, -ENXIO. */
int nic_send(struct nic *nic, struct packet *const *packets, unsigned count);

/* Frames that the kernel dropped for want of room, since nic_open(). */
uint64_t nic_lost(struct nic *nic);

#endif
