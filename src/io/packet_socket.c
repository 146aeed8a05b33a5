/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packet_socket: an AF_PACKET socket with virtio-net headers; see packet_socket.h. */
#include "io/packet_socket.h"

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
#define WANT_FIRST   2
#define NO_PROTOCOL  0xffff /* reserved: no frame has it */

/* The arguments of recvmmsg(2) for one frame. */
struct slot {
	struct iovec iov;
	union {
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
};

struct packet_socket {
	int fd;
	uint64_t lost;
	struct sockaddr_ll to; /* destination of sent frames, if `to_len` is not 0 */
	socklen_t to_len;
	unsigned want;    /* number of frames to read next time */
	unsigned refused; /* lost frames, still to be reported: see packet_socket_send() */
	struct mmsghdr messages[PACKET_BATCH];
	struct slot slots[PACKET_BATCH];
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

int packet_socket_open(struct packet_socket **out)
{
	struct packet_socket *sock = calloc(1, sizeof(*sock));
	int rc;

	if (!sock)
		return -ENOMEM;
	sock->want = WANT_FIRST;
	sock->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = sock->fd < 0 ? -errno : set_options(sock->fd);
	if (rc) {
		packet_socket_close(sock);
		return rc;
	}
	*out = sock;
	return 0;
}

/* The kernel takes the protocol of a sent frame from the socket's binding, unless that is
 * ETH_P_ALL, and does not segment a frame of an unknown protocol. A socket bound to NO_PROTOCOL
 * therefore gives ETH_P_ALL in the destination address of each frame. */
static void address_frames(struct packet_socket *sock, int ifindex, bool receives)
{
	sock->to = (struct sockaddr_ll){ .sll_family = AF_PACKET,
					 .sll_protocol = htons(ETH_P_ALL),
					 .sll_ifindex = ifindex };
	sock->to_len = receives ? 0 : sizeof(sock->to);
}

int packet_socket_adopt(int fd, int ifindex, struct packet_socket **out, bool *receives)
{
	struct sockaddr_ll address = { 0 };
	socklen_t len = sizeof(address);
	struct packet_socket *sock = calloc(1, sizeof(*sock));

	if (!sock || getsockname(fd, (struct sockaddr *)&address, &len) ||
	    address.sll_family != AF_PACKET || address.sll_ifindex != ifindex) {
		free(sock);
		close(fd);
		return -EBADFD;
	}
	sock->want = WANT_FIRST;
	sock->fd = fd;
	*receives = address.sll_protocol != htons(NO_PROTOCOL);
	address_frames(sock, ifindex, *receives);
	*out = sock;
	return 0;
}

void packet_socket_close(struct packet_socket *sock)
{
	if (!sock)
		return;
	if (sock->fd >= 0)
		close(sock->fd);
	free(sock);
}

int packet_socket_fd(const struct packet_socket *sock)
{
	return sock->fd;
}

static int add_membership(struct packet_socket *sock, const struct packet_mreq *request)
{
	if (setsockopt(sock->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, sizeof(*request)))
		return -errno;
	return 0;
}

int packet_socket_join(struct packet_socket *sock, int ifindex, const struct mac *mac)
{
	struct packet_mreq request = {
		.mr_ifindex = ifindex,
		.mr_type = mac_is_group(mac) ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST,
		.mr_alen = MAC_LEN,
	};

	memcpy(request.mr_address, mac->b, MAC_LEN);
	return add_membership(sock, &request);
}

int packet_socket_join_all_groups(struct packet_socket *sock, int ifindex)
{
	return add_membership(sock, &(struct packet_mreq){ .mr_ifindex = ifindex,
							   .mr_type = PACKET_MR_ALLMULTI });
}

/* Without `receives` the protocol is NO_PROTOCOL: a socket that was bound to a protocol cannot be
 * bound to none again, because 0 means the protocol that it has. */
int packet_socket_bind(struct packet_socket *sock, int ifindex, bool receives)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(receives ? ETH_P_ALL : NO_PROTOCOL),
		.sll_ifindex = ifindex,
	};

	if (bind(sock->fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	address_frames(sock, ifindex, receives);
	return 0;
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
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			packet_insert_tag(packet,
					  aux.tp_status & TP_STATUS_VLAN_TPID_VALID
						  ? aux.tp_vlan_tpid
						  : ETH_P_8021Q,
					  aux.tp_vlan_tci);
	}
}

static void prepare(struct packet_socket *sock, unsigned i, struct packet *packet)
{
	struct slot *slot = &sock->slots[i];

	packet_reset(packet);
	slot->iov = (struct iovec){ packet_start(packet), PACKET_VNET_LEN + PACKET_FRAME_MAX };
	sock->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &slot->iov,
						     .msg_iovlen = 1,
						     .msg_control = &slot->control,
						     .msg_controllen = sizeof(slot->control) };
}

static void take(struct mmsghdr *message, struct packet *packet)
{
	if (message->msg_hdr.msg_flags & MSG_TRUNC)
		packet->error = -EMSGSIZE;
	else if (message->msg_len < PACKET_VNET_LEN)
		packet->error = -EINVAL;
	if (packet->error)
		return;
	packet->len = message->msg_len - PACKET_VNET_LEN;
	restore_tag(packet, &message->msg_hdr);
}

/* Read twice as many frames as came this time. Long frames are read one at a time, so that each is
 * still in the CPU's cache when it is written. */
static unsigned next_want(const struct packet *packets, unsigned count)
{
	if (packets[count - 1].len > PACKET_LONG)
		return 1;
	return 2 * count < PACKET_BATCH ? 2 * count : PACKET_BATCH;
}

/* Report one lost frame, which virtio cannot express. */
static int refuse(struct packet *packets, bool *more)
{
	packet_reset(&packets[0]);
	packets[0].error = -EINVAL;
	*more = true;
	return 1;
}

int packet_socket_receive(struct packet_socket *sock, struct packet *packets, unsigned most,
			  bool *more)
{
	unsigned want = sock->want < most ? sock->want : most, i;
	int n;

	if (sock->refused) {
		sock->refused--;
		return refuse(packets, more);
	}
	for (i = 0; i < want; i++)
		prepare(sock, i, &packets[i]);
	n = recvmmsg(sock->fd, sock->messages, want, MSG_DONTWAIT, NULL);
	*more = n == (int)want;
	if (n < 0 && errno == EINVAL)
		return refuse(packets, more);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (i = 0; i < (unsigned)n; i++)
		take(&sock->messages[i], &packets[i]);
	sock->want = next_want(packets, i);
	return n;
}

static bool is_gso(const struct packet *packet)
{
	struct virtio_net_hdr header;

	memcpy(&header, packet_start(packet), sizeof(header));
	return header.gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

/* How many frames to send at once: those before the first GSO frame, or that frame alone.
 * sendmmsg(2) reports an error only for its first frame, and a frame that failed is sent again; of
 * a GSO frame some segments may have been sent already. */
static unsigned batch_of(struct packet *const *packets, unsigned count)
{
	unsigned i;

	for (i = 0; i < count && !is_gso(packets[i]); i++)
		;
	return i ? i : 1;
}

static int send_batch(struct packet_socket *sock, struct packet *const *packets, unsigned count)
{
	struct mmsghdr messages[PACKET_BATCH];
	struct iovec iov[PACKET_BATCH];
	unsigned i;
	ssize_t n;

	if (count == 1) {
		n = sendto(sock->fd, packet_start(packets[0]), packet_size(packets[0]),
			   MSG_DONTWAIT, sock->to_len ? (const struct sockaddr *)&sock->to : NULL,
			   sock->to_len);
		return n < 0 ? -errno : 1;
	}
	for (i = 0; i < count; i++) {
		iov[i] = (struct iovec){ packet_start(packets[i]), packet_size(packets[i]) };
		messages[i].msg_hdr = (struct msghdr){ .msg_name = sock->to_len ? &sock->to : NULL,
						       .msg_namelen = sock->to_len,
						       .msg_iov = &iov[i],
						       .msg_iovlen = 1 };
	}
	n = sendmmsg(sock->fd, messages, count, MSG_DONTWAIT);
	return n < 0 ? -errno : (int)n;
}

/* If recvmmsg(2) meets a frame that virtio cannot express after it has received others, it leaves
 * the error pending on the socket, and the next call on the socket returns it. If that call is a
 * send, the frame to be sent is not the cause: it is sent again, and the error is kept for
 * packet_socket_receive(). */
int packet_socket_send(struct packet_socket *sock, struct packet *const *packets, unsigned count)
{
	unsigned batch = batch_of(packets, count);
	int n = send_batch(sock, packets, batch);

	if (n != -EINVAL)
		return n;
	n = send_batch(sock, packets, batch);
	if (n != -EINVAL)
		sock->refused++;
	return n;
}

uint64_t packet_socket_lost(struct packet_socket *sock)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	/* Reading resets the kernel's counter. */
	if (!getsockopt(sock->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		sock->lost += stats.tp_drops;
	return sock->lost;
}
