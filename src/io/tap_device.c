/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap_device: a TAP device with virtio-net headers and offloads; see tap_device.h. */
#include "io/tap_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Linux 6.2; Debian 12's headers are older. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

struct tap_device {
	int fd;
};

/* Let the stack pass whole segments and unfinished checksums: TSO, and UDP segmentation (USO) too
 * if the kernel supports it. */
static int set_offloads(int fd)
{
	const unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	if (!ioctl(fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6))
		return 0;
	return ioctl(fd, TUNSETOFFLOAD, tcp) ? -errno : 0;
}

static int attach(int fd, const char *name)
{
	struct ifreq ifr = { 0 };
	int header = PACKET_VNET_LEN;

	/* Without IFF_TUN_EXCL this would attach to a persistent TAP that another program made. */
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		return -errno;
	if (ioctl(fd, TUNSETVNETHDRSZ, &header) < 0)
		return -errno;
	return set_offloads(fd);
}

int tap_device_open(const char *name, struct tap_device **out)
{
	struct tap_device *device = calloc(1, sizeof(*device));
	int rc;

	if (!device)
		return -ENOMEM;
	device->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	rc = device->fd < 0 ? -errno : attach(device->fd, name);
	if (rc) {
		tap_device_close(device);
		return rc;
	}
	*out = device;
	return 0;
}

int tap_device_adopt(int fd, const char *name, struct tap_device **out)
{
	struct ifreq ifr = { 0 };
	struct tap_device *device = calloc(1, sizeof(*device));

	if (!device || ioctl(fd, TUNGETIFF, &ifr) || strcmp(ifr.ifr_name, name) != 0) {
		free(device);
		close(fd);
		return -EBADFD;
	}
	device->fd = fd;
	*out = device;
	return 0;
}

void tap_device_close(struct tap_device *device)
{
	if (!device)
		return;
	if (device->fd >= 0)
		close(device->fd);
	free(device);
}

int tap_device_fd(const struct tap_device *device)
{
	return device->fd;
}

int tap_device_set_carrier(struct tap_device *device, bool carrier)
{
	unsigned value = carrier;

	return ioctl(device->fd, TUNSETCARRIER, &value) ? -errno : 0;
}

static int read_frame(struct tap_device *device, struct packet *packet)
{
	ssize_t n;

	packet_reset(packet);
	n = read(device->fd, packet_start(packet), PACKET_VNET_LEN + PACKET_FRAME_MAX);
	if (n < 0 && errno != EINVAL)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n < (ssize_t)PACKET_VNET_LEN)
		packet->error = -EINVAL;
	else
		packet->len = (size_t)n - PACKET_VNET_LEN;
	return 1;
}

/* An error that follows some frames is not returned: the next call gets it again. */
int tap_device_receive(struct tap_device *device, struct packet *packets, unsigned most, bool *more)
{
	unsigned count = 0;
	int rc = 1;

	while (count < most && rc > 0) {
		rc = read_frame(device, &packets[count]);
		if (rc > 0 && packets[count++].len > PACKET_LONG)
			break;
	}
	*more = rc != 0;
	return count ? (int)count : rc;
}

int tap_device_send(struct tap_device *device, struct packet *const *packets, unsigned count)
{
	unsigned sent;

	for (sent = 0; sent < count; sent++) {
		if (write(device->fd, packet_start(packets[sent]), packet_size(packets[sent])) >= 0)
			continue;
		return sent ? (int)sent : -errno;
	}
	return (int)sent;
}
