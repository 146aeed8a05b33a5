/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap: the stack's side: a TAP device with virtio-net headers and offloads
 * (linux/if_tun.h).
 */
#ifndef CLUSTERARPD_IO_TAP_DEVICE_H
#define CLUSTERARPD_IO_TAP_DEVICE_H

#include <stdbool.h>

#include "io/packet.h"

struct tap;

/* Create the device `name`, not persistent: it vanishes with tap_close(). Negative
 * errno: -EBUSY a link of that name is there already (another daemon's, it may be);
 * -EPERM no CAP_NET_ADMIN; -ENOENT, -EACCES /dev/net/tun. */
int tap_open(const char *name, struct tap **out);
/* The same by a descriptor of an earlier tap_open(), which is ours from now on; as it was
 * left. -EBADFD: it is no TAP device of that name, and closed. */
int tap_adopt(int fd, const char *name, struct tap **out);
void tap_close(struct tap *tap);
int tap_fd(const struct tap *tap);

/* Let the device have carrier, or not. Negative errno: -EINVAL a kernel before Linux 5.0. */
int tap_set_carrier(struct tap *tap, bool carrier);

/* Read up to `most` frames into as many packets; none after one that is long. How many, those
 * included that are lost (error -EINVAL: virtio cannot express it); *more: there may be more.
 * Negative errno: -EBADFD the device is gone. */
int tap_receive(struct tap *tap, struct packet *packets, unsigned most, bool *more);
/* Write `count` frames, at least one, in order. How many; or why the first could not be, a
 * negative errno: -EAGAIN try again when writable, -EIO the device is down, -EINVAL malformed,
 * -ENOMEM. */
int tap_send(struct tap *tap, struct packet *const *packets, unsigned count);

#endif
