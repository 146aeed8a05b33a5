/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_device: a TAP device, the side of the host's stack, with virtio-net headers and offloads
 * (linux/if_tun.h).
 */
#ifndef CLUSTERARPD_IO_TAP_DEVICE_H
#define CLUSTERARPD_IO_TAP_DEVICE_H

#include <stdbool.h>

#include "io/packet.h"

struct tap_device;

/* Create the device `name`, not persistent: tap_device_close() deletes it. Negative errno: -EBUSY a
 * link of that name exists (perhaps another daemon's); -EPERM no CAP_NET_ADMIN; -ENOENT, -EACCES
 * from /dev/net/tun. */
int tap_device_open(const char *name, struct tap_device **out);
/* The same with `fd`, a descriptor from an earlier tap_device_open(); the device stays as it is.
 * Takes ownership of `fd`. -EBADFD: not a TAP device of that name; `fd` is closed. */
int tap_device_adopt(int fd, const char *name, struct tap_device **out);
void tap_device_close(struct tap_device *device);
int tap_device_fd(const struct tap_device *device);

/* Set the carrier of the device. Negative errno: -EINVAL a kernel before Linux 5.0. */
int tap_device_set_carrier(struct tap_device *device, bool carrier);

/* Read up to `most` frames into as many packets; a long frame (PACKET_LONG) is the last one.
 * Returns their number, including lost frames (error -EINVAL: virtio cannot express it). *more:
 * there may be more. Negative errno: -EBADFD the device is gone. */
int tap_device_receive(struct tap_device *device, struct packet *packets, unsigned most,
		       bool *more);
/* Write `count` frames, at least one, in order. Returns how many were written; if the first one
 * failed, a negative errno: -EAGAIN try again when writable, -EIO the device is down, -EINVAL
 * malformed, -ENOMEM. */
int tap_device_send(struct tap_device *device, struct packet *const *packets, unsigned count);

#endif
