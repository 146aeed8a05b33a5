/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traffic: the relay under the event loop: reads a side when it is readable, and while
 * the other side is full waits for that to be writable instead.
 */
#ifndef CLUSTERARPD_DATAPATH_TRAFFIC_H
#define CLUSTERARPD_DATAPATH_TRAFFIC_H

#include "bpf/ring.h"
#include "datapath/relay.h"
#include "io/loop.h"
#include "io/packet_socket.h"
#include "io/tap_device.h"

struct traffic;

/* The side that a direction reads from is broken: `error` is a negative errno value as
 * of tap_device_receive() or packet_socket_receive(). May call traffic_set_nic(). */
typedef void traffic_broken(enum rewrite_direction direction, int error, void *arg);

/* `loop` and `relay` are borrowed. NULL: out of memory. */
struct traffic *traffic_create(struct loop *loop, struct relay *relay, traffic_broken *broken,
			       void *arg);
void traffic_destroy(struct traffic *traffic);

/* Begin with a side, which stays the caller's; NULL: it is gone. -ENOMEM. */
int traffic_set_tap(struct traffic *traffic, struct tap_device *tap);
/* `ring`: frames that it holds come from the NIC, too; NULL: none. */
int traffic_set_nic(struct traffic *traffic, struct packet_socket *nic, struct ring *ring);

/* Send what waits, for `ms` milliseconds at most: what is kept goes with the relay. */
void traffic_finish(struct traffic *traffic, unsigned ms);
/* Give either side its turn now, whether or not it called for it. */
void traffic_serve(struct traffic *traffic);

#endif
