/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire: the daemon's packet sockets on the NIC. There are two, each with a queue of its own in the
 * kernel: one receives the frames of peers, the other one all others. So a flood from somebody else
 * fills only the latter's queue, and the nodes still reach each other. All frames are sent on the
 * latter.
 *
 * Both outlive the run in the descriptor store, with what is in their queues. Functions that return
 * int return 0 or a negative errno value; none of them logs.
 */
#ifndef CLUSTERARPD_DATAPATH_WIRE_H
#define CLUSTERARPD_DATAPATH_WIRE_H

#include "bpf/programs.h"
#include "core/peers.h"
#include "io/packet_socket.h"

struct wire;

enum wire_socket { WIRE_PEERS, WIRE_OTHERS, WIRE_SOCKETS };

/* Open the sockets for the interface, or take over those of an earlier run with the same MACs. They
 * have the NIC receive the cluster's MACs and all groups. `peers` is borrowed. -EPERM: no
 * CAP_NET_RAW. */
int wire_open(const struct peers *peers, int ifindex, struct wire **out);
/* Close the sockets. What wire_keep() has stored stays there. */
void wire_close(struct wire *wire);

/* Attach the socket filters, and let the shield pass what is sent. To be called again whenever the
 * programs are others. */
int wire_set_up(struct wire *wire, struct programs *programs);
/* Bind the sockets: to receive, or for sending only; nothing if they are. -ENODEV: the interface is
 * gone. */
int wire_bind(struct wire *wire, struct programs *programs, bool receives);
/* Are they bound for sending only, by this run or the earlier one? By the one that sends, if they
 * differ. */
bool wire_only_sends(const struct wire *wire);

/* Store the sockets for the next run; remove them from the store. */
void wire_keep(const struct wire *wire);
void wire_forget(const struct wire *wire);

int wire_fd(const struct wire *wire, enum wire_socket which);
/* As packet_socket_receive(), packet_socket_send(). */
int wire_receive(struct wire *wire, enum wire_socket which, struct packet *packets, unsigned most,
		 bool *more);
int wire_send(struct wire *wire, struct packet *const *packets, unsigned count);
/* Number of frames that the kernel dropped because a queue was full. */
uint64_t wire_lost(struct wire *wire);

#endif
