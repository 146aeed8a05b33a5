/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet_socket: an AF_PACKET socket, the side of the wire, with virtio-net headers (packet(7)).
 */
#ifndef CLUSTERARPD_IO_PACKET_SOCKET_H
#define CLUSTERARPD_IO_PACKET_SOCKET_H

#include "base/addr.h"
#include "io/packet.h"

struct packet_socket;

/* Open the socket, not bound to any interface: nothing is received yet, so that a filter can be
 * attached first. Negative errno: -EPERM no CAP_NET_RAW. */
int packet_socket_open(struct packet_socket **out);
/* The same with `fd`, a socket of an earlier run that is bound to `ifindex` and has its
 * memberships. Takes ownership of `fd`. Sets *receives as given to packet_socket_bind(). -EBADFD:
 * not such a socket; `fd` is closed. */
int packet_socket_adopt(int fd, int ifindex, struct packet_socket **out, bool *receives);
void packet_socket_close(struct packet_socket *sock);
int packet_socket_fd(const struct packet_socket *sock);

/* Have the interface accept frames for `mac`, group or individual; or for all groups. The kernel
 * removes these memberships when the socket closes. Negative errno. */
int packet_socket_join(struct packet_socket *sock, int ifindex, const struct mac *mac);
int packet_socket_join_all_groups(struct packet_socket *sock, int ifindex);
/* Bind to the interface. `receives`: receive every frame that arrives there, and none that leaves.
 * Else receive nothing: the socket is for sending only, and incoming frames cost nothing. May be
 * called again to change that; to stop receiving takes the kernel some milliseconds. */
int packet_socket_bind(struct packet_socket *sock, int ifindex, bool receives);

/* Receive up to `most` frames (PACKET_BATCH) into as many packets, with VLAN tags inline. Returns
 * their number, including lost frames (error -EINVAL: virtio cannot express it; -EMSGSIZE: longer
 * than PACKET_FRAME_MAX). *more: there may be more. Negative errno: -ENETDOWN (once) the interface
 * went down, -ENXIO it is gone. */
int packet_socket_receive(struct packet_socket *sock, struct packet *packets, unsigned most,
			  bool *more);
/* Send `count` frames (1 to PACKET_BATCH), in order. Returns how many were sent; if the first one
 * failed, a negative errno: -EAGAIN try again when writable, -EMSGSIZE too long for the wire,
 * -ENOBUFS the queue is full, -ENETDOWN, -ENXIO. */
int packet_socket_send(struct packet_socket *sock, struct packet *const *packets, unsigned count);

/* Number of frames that the kernel dropped because the buffer was full, since
 * packet_socket_open(). */
uint64_t packet_socket_lost(struct packet_socket *sock);

#endif
