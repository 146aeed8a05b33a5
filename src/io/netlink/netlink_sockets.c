/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_sockets: sockets from sock_diag; see netlink_sockets.h. */
#include "io/netlink/netlink_sockets.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netlink/netlink_socket.h"

/* All but LISTEN and CLOSE: they have no peer. */
#define STATES                                                                                   \
	(1u << TCP_ESTABLISHED | 1u << TCP_SYN_SENT | 1u << TCP_SYN_RECV | 1u << TCP_FIN_WAIT1 | \
	 1u << TCP_FIN_WAIT2 | 1u << TCP_TIME_WAIT | 1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | \
	 1u << TCP_CLOSING)

struct netlink_sockets {
	struct netlink_walk *walk;
	struct netlink_sockets_handlers handlers;
	uint8_t family; /* of the dump that goes on; 0: none */
};

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

static void on_message(struct nlmsghdr *header, void *arg)
{
	if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY)
		read_connection(arg, header);
}

/* --- dumps --- */

static int request(struct netlink_sockets *s, uint8_t family)
{
	const struct inet_diag_req_v2 head = { .sdiag_family = family,
					       .sdiag_protocol = IPPROTO_TCP,
					       .idiag_states = STATES };
	int rc = netlink_walk_start(s->walk, SOCK_DIAG_BY_FAMILY, &head, sizeof(head));

	if (!rc)
		s->family = family;
	return rc;
}

/* A family after the other; a kernel without IPv6 has no such connections. */
static void on_family_done(int error, void *arg)
{
	struct netlink_sockets *s = arg;

	if (!error && s->family == AF_INET) {
		error = request(s, AF_INET6);
		if (!error)
			return;
	}
	s->family = 0;
	s->handlers.done(error, s->handlers.arg);
}

int netlink_sockets_open(const struct netlink_sockets_handlers *handlers,
			 struct netlink_sockets **out)
{
	struct netlink_sockets *s = calloc(1, sizeof(*s));
	const struct netlink_walk_handlers own = { on_message, on_family_done, s };
	int rc = s ? netlink_walk_open(NETLINK_SOCK_DIAG, &own, &s->walk) : -ENOMEM;

	if (rc) {
		free(s);
		return rc;
	}
	s->handlers = *handlers;
	*out = s;
	return 0;
}

void netlink_sockets_close(struct netlink_sockets *s)
{
	if (!s)
		return;
	netlink_walk_close(s->walk);
	free(s);
}

int netlink_sockets_start(struct netlink_sockets *s)
{
	return request(s, AF_INET);
}

int netlink_sockets_fd(const struct netlink_sockets *s)
{
	return netlink_walk_fd(s->walk);
}

void netlink_sockets_dispatch(struct netlink_sockets *s)
{
	netlink_walk_dispatch(s->walk);
}

/* --- listeners --- */

struct wanted {
	const char *name;
	size_t length;
};

/* The kernel gives the name of a socket with the zero byte before it. */
static int parse_listener(struct nl_msg *message, void *arg)
{
	struct netlink_list *list = arg;
	const struct wanted *wanted = list->arg;
	struct nlattr *attributes[UNIX_DIAG_MAX + 1], *name;
	const struct unix_diag_msg *diag;
	uid_t *uid;

	if (!netlink_attributes(nlmsg_hdr(message), sizeof(struct unix_diag_msg), attributes,
				UNIX_DIAG_MAX, NULL))
		return NL_OK;
	name = attributes[UNIX_DIAG_NAME];
	diag = nlmsg_data(nlmsg_hdr(message));
	/* Sockets of other types have addresses of their own. */
	if (diag->udiag_type != SOCK_STREAM || !name || !attributes[UNIX_DIAG_UID] ||
	    nla_len(attributes[UNIX_DIAG_UID]) != (int)sizeof(*uid) ||
	    (size_t)nla_len(name) != wanted->length + 1 || *(const char *)nla_data(name) ||
	    memcmp((const char *)nla_data(name) + 1, wanted->name, wanted->length) != 0)
		return NL_OK;
	uid = netlink_list_add(list);
	if (uid)
		*uid = nla_get_u32(attributes[UNIX_DIAG_UID]);
	return NL_OK;
}

int netlink_sockets_listener(const char *name, size_t length, uid_t *uid)
{
	const struct unix_diag_req head = { .sdiag_family = AF_UNIX,
					    .udiag_states = 1u << TCP_LISTEN,
					    .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_UID };
	const struct wanted wanted = { name, length };
	struct netlink_list list = { .size = sizeof(*uid), .arg = &wanted };
	struct netlink nl = { 0 };
	int rc = netlink_socket_open(&nl, NETLINK_SOCK_DIAG);

	if (rc)
		return rc;
	rc = netlink_dump(&nl, SOCK_DIAG_BY_FAMILY, &head, sizeof(head), parse_listener, &list);
	if (!rc && !list.count)
		rc = -ENXIO;
	if (!rc)
		*uid = *(uid_t *)list.items;
	free(list.items);
	netlink_socket_close(&nl);
	return rc;
}
