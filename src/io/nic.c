/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic: an AF_PACKET socket with virtio-net headers; see nic.h. */
#include "io/nic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING /* Linux 4.20 */
#define PACKET_IGNORE_OUTGOING 23
#endif

/* Room for some dozens of 64 KiB segments each way; the kernel's default holds three. */
#define BUFFER_BYTES (8 * 1024 * 1024)
#define VLAN_LEN     4

struct nic {
	int fd;
	uint64_t lost;
};

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

static int set_options(int fd)
{
	static const struct {
		int level, option, value;
	} options[] = {
		{ SOL_PACKET, PACKET_VNET_HDR, 1 },
		{ SOL_PACKET, PACKET_AUXDATA, 1 },
		{ SOL_PACKET, PACKET_IGNORE_OUTGOING, 1 },
		{ SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES },
		{ SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES },
	};
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(options) / sizeof(options[0]) && !rc; i++)
		rc = set_option(fd, options[i].level, options[i].option, options[i].value);
	return rc;
}

int nic_open(struct nic **out)
{
	struct nic *nic = calloc(1, sizeof(*nic));
	int rc;

	if (!nic)
		return -ENOMEM;
	nic->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = nic->fd < 0 ? -errno : set_options(nic->fd);
	if (rc) {
		nic_close(nic);
		return rc;
	}
	*out = nic;
	return 0;
}

int nic_adopt(int fd, int ifindex, struct nic **out)
{
	struct sockaddr_ll address = { 0 };
	socklen_t len = sizeof(address);
	struct nic *nic = calloc(1, sizeof(*nic));

	if (!nic || getsockname(fd, (struct sockaddr *)&address, &len) ||
	    address.sll_family != AF_PACKET || address.sll_ifindex != ifindex) {
		free(nic);
		close(fd);
		return -EBADFD;
	}
	nic->fd = fd;
	*out = nic;
	return 0;
}

void nic_close(struct nic *nic)
{
	if (!nic)
		return;
	if (nic->fd >= 0)
		close(nic->fd);
	free(nic);
}

int nic_fd(const struct nic *nic)
{
	return nic->fd;
}

static int add_membership(struct nic *nic, const struct packet_mreq *request)
{
	if (setsockopt(nic->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, sizeof(*request)))
		return -errno;
	return 0;
}

int nic_join(struct nic *nic, int ifindex, const struct mac *mac)
{
	struct packet_mreq request = {
		.mr_ifindex = ifindex,
		.mr_type = mac_is_group(mac) ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST,
		.mr_alen = MAC_LEN,
	};

	memcpy(request.mr_address, mac->b, MAC_LEN);
	return add_membership(nic, &request);
}

int nic_join_all_groups(struct nic *nic, int ifindex)
{
	return add_membership(
		nic, &(struct packet_mreq){ .mr_ifindex = ifindex, .mr_type = PACKET_MR_ALLMULTI });
}

int nic_bind(struct nic *nic, int ifindex)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex,
	};

	return bind(nic->fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
}

/* Put a tag that came beside the frame back behind its MAC addresses, and move what the
 * virtio header says of offsets accordingly. */
static void insert_tag(struct packet *packet, uint16_t tpid, uint16_t tci)
{
	struct virtio_net_hdr header;
	uint16_t tag[2] = { htons(tpid), htons(tci) };

	memcpy(&header, packet_start(packet), sizeof(header));
	if (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		header.csum_start += VLAN_LEN;
	if (header.hdr_len)
		header.hdr_len += VLAN_LEN;
	memmove(packet->frame - VLAN_LEN, packet->frame, 2 * MAC_LEN);
	packet->frame -= VLAN_LEN;
	packet->len += VLAN_LEN;
	memcpy(packet->frame + 2 * MAC_LEN, tag, sizeof(tag));
	memcpy(packet_start(packet), &header, sizeof(header));
}

static void restore_tag(struct packet *packet, struct msghdr *message)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
		    c->cmsg_len < CMSG_LEN(sizeof(aux)))
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID && packet->len >= 2 * MAC_LEN)
			insert_tag(packet,
				   aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid
									     : ETH_P_8021Q,
				   aux.tp_vlan_tci);
	}
}

int nic_receive(struct nic *nic, struct packet *packet)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_len = PACKET_VNET_LEN + PACKET_FRAME_MAX };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	packet_reset(packet);
	iov.iov_base = packet_start(packet);
	n = recvmsg(nic->fd, &message, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (message.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	if ((size_t)n < PACKET_VNET_LEN)
		return -EINVAL;
	packet->len = (size_t)n - PACKET_VNET_LEN;
	restore_tag(packet, &message);
	return 1;
}

int nic_send(struct nic *nic, const struct packet *packet)
{
	ssize_t n = send(nic->fd, packet_start(packet), packet_size(packet), MSG_DONTWAIT);

	return n < 0 ? -errno : 0;
}

uint64_t nic_lost(struct nic *nic)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	/* Reading sets the kernel's count back to zero. */
	if (!getsockopt(nic->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		nic->lost += stats.tp_drops;
	return nic->lost;
}
