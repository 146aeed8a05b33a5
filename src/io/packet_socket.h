/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet_socket: the wire's side: an AF_PACKET socket with virtio-net headers (packet(7)).
 */
#ifndef CLUSTERARPD_IO_PACKET_SOCKET_H
#define CLUSTERARPD_IO_PACKET_SOCKET_H

#include "base/addr.h"
#include "io/packet.h"

struct packet_socket;

/* Open the socket, not bound to any interface: nothing arrives yet, so that a filter
 * can be put on it first. Negative errno: -EPERM no CAP_NET_RAW. */
int packet_socket_open(struct packet_socket **out);
/* The same by a socket of an earlier run, bound to `ifindex` and with its memberships,
 * which is ours from now on. Sets *receives as of packet_socket_bind(). -EBADFD: it is none, and
 * closed. */
int packet_socket_adopt(int fd, int ifindex, struct packet_socket **out, bool *receives);
void packet_socket_close(struct packet_socket *sock);
int packet_socket_fd(const struct packet_socket *sock);

/* Have the interface receive frames for `mac`, group or individual; for all groups.
 * The kernel takes these back when the socket closes. Negative errno. */
int packet_socket_join(struct packet_socket *sock, int ifindex, const struct mac *mac);
int packet_socket_join_all_groups(struct packet_socket *sock, int ifindex);
/* Begin: every frame that arrives there, and none that leaves; or, not `receives`, none at all:
 * the socket is for sending then, and costs frames that come nothing. May be called again to
 * change that; to stop receiving takes the kernel some milliseconds. */
int packet_socket_bind(struct packet_socket *sock, int ifindex, bool receives);

/* Receive up to `most` frames (PACKET_BATCH) into as many packets, VLAN tags inline. How many,
 * those included that are lost (error -EINVAL: virtio cannot express it; -EMSGSIZE: longer than
 * PACKET_FRAME_MAX); *more: there may be more. Negative errno: -ENETDOWN (once) the interface
 * went down, -ENXIO it is gone. */
int packet_socket_receive(struct packet_socket *sock, struct packet *packets, unsigned most,
			  bool *more);
/* Send `count` frames (1 to PACKET_BATCH), in order. How many; or why the first could not be, a
 * negative errno: -EAGAIN try again when writable, -EMSGSIZE the wire cannot carry it, -ENOBUFS
 * the queue is full, -ENETDOWN, -ENXIO. */
int packet_socket_send(struct packet_socket *sock, struct packet *const *packets, unsigned count);

/* Frames that the kernel dropped for want of room, since packet_socket_open(). */
uint64_t packet_socket_lost(struct packet_socket *sock);

#endif
