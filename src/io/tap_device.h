/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap_device: the stack's side: a TAP device with virtio-net headers and offloads
 * (linux/if_tun.h).
 */
#ifndef CLUSTERARPD_IO_TAP_DEVICE_H
#define CLUSTERARPD_IO_TAP_DEVICE_H

#include <stdbool.h>

#include "io/packet.h"

struct tap_device;

/* Create the device `name`, not persistent: it vanishes with tap_device_close(). Negative
 * errno: -EBUSY a link of that name is there already (another daemon's, it may be);
 * -EPERM no CAP_NET_ADMIN; -ENOENT, -EACCES /dev/net/tun. */
int tap_device_open(const char *name, struct tap_device **out);
/* The same by a descriptor of an earlier tap_device_open(), which is ours from now on; as it was
 * left. -EBADFD: it is no TAP device of that name, and closed. */
int tap_device_adopt(int fd, const char *name, struct tap_device **out);
void tap_device_close(struct tap_device *device);
int tap_device_fd(const struct tap_device *device);

/* Let the device have carrier, or not. Negative errno: -EINVAL a kernel before Linux 5.0. */
int tap_device_set_carrier(struct tap_device *device, bool carrier);

/* Read up to `most` frames into as many packets; none after one that is long. How many, those
 * included that are lost (error -EINVAL: virtio cannot express it); *more: there may be more.
 * Negative errno: -EBADFD the device is gone. */
int tap_device_receive(struct tap_device *device, struct packet *packets, unsigned most,
		       bool *more);
/* Write `count` frames, at least one, in order. How many; or why the first could not be, a
 * negative errno: -EAGAIN try again when writable, -EIO the device is down, -EINVAL malformed,
 * -ENOMEM. */
int tap_device_send(struct tap_device *device, struct packet *const *packets, unsigned count);

#endif
