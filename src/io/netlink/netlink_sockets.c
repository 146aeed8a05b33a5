/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_sockets: TCP connections from sock_diag; see netlink_sockets.h. */
#include "io/netlink/netlink_sockets.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

#define BUFFER   (256 * 1024)
#define MESSAGES 4 /* read at once: each has some hundred connections */

/* All but LISTEN and CLOSE: they have no peer. */
#define STATES                                                                                   \
	(1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 | \
	 1u << TCP_FIN_WAIT2 | 1u << TCP_TIME_WAIT | 1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | \
	 1u << TCP_CLOSING)

struct netlink_sockets {
	struct nl_sock *socket;
	struct netlink_sockets_handlers handlers;
	uint8_t family;    /* of the dump that goes on; 0: none */
	uint32_t sequence; /* of its request */
	bool is_over;      /* this family's is */
	int error;         /* with is_over */
};

int netlink_sockets_open(const struct netlink_sockets_handlers *handlers,
			 struct netlink_sockets **out)
{
	struct netlink_sockets *s = calloc(1, sizeof(*s));
	int nle;

	if (!s)
		return -ENOMEM;
	s->handlers = *handlers;
	nle = netlink_socket_listen(NETLINK_SOCK_DIAG, BUFFER, &s->socket);
	if (nle < 0) {
		free(s);
		return netlink_errno(nle);
	}
	*out = s;
	return 0;
}

void netlink_sockets_close(struct netlink_sockets *s)
{
	if (!s)
		return;
	nl_socket_free(s->socket);
	free(s);
}

int netlink_sockets_fd(const struct netlink_sockets *s)
{
	return nl_socket_get_fd(s->socket);
}

/* --- requests --- */

static int request(struct netlink_sockets *s, uint8_t family)
{
	struct inet_diag_req_v2 head = { .sdiag_family = family,
					 .sdiag_protocol = IPPROTO_TCP,
					 .idiag_states = STATES };
	struct nl_msg *message = nlmsg_alloc_simple(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	int nle = -NLE_NOMEM;

	if (message && nlmsg_append(message, &head, sizeof(head), NLMSG_ALIGNTO) >= 0)
		nle = nl_send_auto(s->socket, message);
	if (nle >= 0) {
		s->family = family;
		s->sequence = nlmsg_hdr(message)->nlmsg_seq;
		s->is_over = false;
		s->error = 0;
	}
	nlmsg_free(message);
	return nle < 0 ? netlink_errno(nle) : 0;
}

int netlink_sockets_start(struct netlink_sockets *s)
{
	return s->family ? -EBUSY : request(s, AF_INET);
}

/* --- answers --- */

static struct ip_addr address(uint8_t family, const void *bytes)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	const uint8_t *b = bytes;

	if (family == AF_INET)
		return ip_from_ipv4_bytes(b);
	return memcmp(b, mapped, sizeof(mapped)) ? ip_from_ipv6_bytes(b)
						 : ip_from_ipv4_bytes(b + sizeof(mapped));
}

static void read_connection(struct netlink_sockets *s, struct nlmsghdr *header)
{
	const struct inet_diag_msg *m = nlmsg_data(header);
	struct netlink_connection c;

	if (!nlmsg_valid_hdr(header, sizeof(*m)) ||
	    (m->idiag_family != AF_INET && m->idiag_family != AF_INET6))
		return;
	c = (struct netlink_connection){ .local = address(m->idiag_family, m->id.idiag_src),
					 .remote = address(m->idiag_family, m->id.idiag_dst),
					 .remote_port = ntohs(m->id.idiag_dport),
					 .is_established = m->idiag_state == TCP_ESTABLISHED };
	s->handlers.each(&c, s->handlers.arg);
}

static int error_of(struct nlmsghdr *header)
{
	const struct nlmsgerr *e = nlmsg_data(header);

	return nlmsg_valid_hdr(header, sizeof(*e)) && e->error < 0 ? e->error : -EIO;
}

static void on_message(struct nlmsghdr *header, void *arg)
{
	struct netlink_sockets *s = arg;

	if (!s->family || s->is_over || header->nlmsg_seq != s->sequence)
		return; /* of a dump that failed */
	if (header->nlmsg_type == NLMSG_DONE) {
		s->is_over = true;
	} else if (header->nlmsg_type == NLMSG_ERROR) {
		s->is_over = true;
		s->error = error_of(header);
	} else if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
		read_connection(s, header);
	}
}

/* A family after the other; a kernel without IPv6 has no such connections. */
static void end_family(struct netlink_sockets *s)
{
	int error = s->error;

	s->is_over = false;
	if (!error && s->family == AF_INET) {
		error = request(s, AF_INET6);
		if (!error)
			return;
	}
	s->family = 0;
	s->handlers.done(error, s->handlers.arg);
}

void netlink_sockets_dispatch(struct netlink_sockets *s)
{
	int nle = 0;

	for (unsigned i = 0; i < MESSAGES && nle >= 0 && !s->is_over; i++)
		nle = netlink_socket_receive(s->socket, on_message, s);
	if (nle < 0 && nle != -NLE_AGAIN && s->family) {
		s->is_over = true;
		s->error = netlink_errno(nle);
	}
	if (s->family && s->is_over)
		end_family(s);
}
