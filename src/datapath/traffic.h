/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traffic: runs the relay from the event loop: reads from a side when it is readable; while the
 * other side is full, waits until that is writable instead.
 */
#ifndef CLUSTERARPD_DATAPATH_TRAFFIC_H
#define CLUSTERARPD_DATAPATH_TRAFFIC_H

#include "bpf/ring.h"
#include "datapath/relay.h"
#include "datapath/wire.h"
#include "io/loop.h"
#include "io/tap_device.h"

struct traffic;

/* The side that a direction reads from has failed: `error` is a negative errno value as
 * of tap_device_receive() or wire_receive(). May call traffic_set_tap() and
 * traffic_set_nic(). A side that fails again and again is read ten times a second. */
typedef void traffic_broken(enum rewrite_direction direction, int error, void *arg);

/* `loop` and `relay` are borrowed. NULL: out of memory. */
struct traffic *traffic_create(struct loop *loop, struct relay *relay, traffic_broken *broken,
			       void *arg);
void traffic_destroy(struct traffic *traffic);

/* Set or replace a side, which stays the caller's; NULL: it is gone. 0 or -ENOMEM. */
int traffic_set_tap(struct traffic *traffic, struct tap_device *tap);
/* `ring`: the other source of frames from the NIC, on the kernel data path; NULL: none. */
int traffic_set_nic(struct traffic *traffic, struct wire *nic, struct ring *ring);

/* Send the frames that the relay keeps, which are lost with it. Waits `ms` milliseconds at most. */
void traffic_finish(struct traffic *traffic, unsigned ms);
/* Carry what waits at the NIC now, by the rules as they are: before they change, so that a frame
 * that came before a change, perhaps long before, is not judged by what holds after it. */
void traffic_catch_up(struct traffic *traffic);
/* Read from both sides now, without waiting for the event loop to report them readable. */
void traffic_serve(struct traffic *traffic);

#endif
