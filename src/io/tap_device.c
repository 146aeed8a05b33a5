/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tap: a TAP device with virtio-net headers and offloads; see tap.h. */
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

struct tap {
	int fd;
};

/* The stack hands over whole segments and unfinished checksums where the kernel can
 * express them: UDP segmentation too if it knows of it. */
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

	/* Without IFF_TUN_EXCL this would join a persistent TAP that somebody else made. */
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0)
		return -errno;
	if (ioctl(fd, TUNSETVNETHDRSZ, &header) < 0)
		return -errno;
	return set_offloads(fd);
}

int tap_open(const char *name, struct tap **out)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	int rc;

	if (!tap)
		return -ENOMEM;
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	rc = tap->fd < 0 ? -errno : attach(tap->fd, name);
	if (rc) {
		tap_close(tap);
		return rc;
	}
	*out = tap;
	return 0;
}

int tap_adopt(int fd, const char *name, struct tap **out)
{
	struct ifreq ifr = { 0 };
	struct tap *tap = calloc(1, sizeof(*tap));

	if (!tap || ioctl(fd, TUNGETIFF, &ifr) || strcmp(ifr.ifr_name, name) != 0) {
		free(tap);
		close(fd);
		return -EBADFD;
	}
	tap->fd = fd;
	*out = tap;
	return 0;
}

void tap_close(struct tap *tap)
{
	if (!tap)
		return;
	if (tap->fd >= 0)
		close(tap->fd);
	free(tap);
}

int tap_fd(const struct tap *tap)
{
	return tap->fd;
}

int tap_set_carrier(struct tap *tap, bool carrier)
{
	unsigned value = carrier;

	return ioctl(tap->fd, TUNSETCARRIER, &value) ? -errno : 0;
}

static int read_frame(struct tap *tap, struct packet *packet)
{
	ssize_t n;

	packet_reset(packet);
	n = read(tap->fd, packet_start(packet), PACKET_VNET_LEN + PACKET_FRAME_MAX);
	if (n < 0 && errno != EINVAL)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n < (ssize_t)PACKET_VNET_LEN)
		packet->error = -EINVAL;
	else
		packet->len = (size_t)n - PACKET_VNET_LEN;
	return 1;
}

/* An error is there again when there is nothing else. */
int tap_receive(struct tap *tap, struct packet *packets, unsigned most, bool *more)
{
	unsigned count = 0;
	int rc = 1;

	while (count < most && rc > 0) {
		rc = read_frame(tap, &packets[count]);
		if (rc > 0 && packets[count++].len > PACKET_LONG)
			break;
	}
	*more = rc != 0;
	return count ? (int)count : rc;
}

int tap_send(struct tap *tap, struct packet *const *packets, unsigned count)
{
	unsigned sent;

	for (sent = 0; sent < count; sent++) {
		if (write(tap->fd, packet_start(packets[sent]), packet_size(packets[sent])) >= 0)
			continue;
		return sent ? (int)sent : -errno;
	}
	return (int)sent;
}
