/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_sockets: sockets of this network namespace, from sock_diag(7): its TCP connections, also
 * those that are being made (SYN_RECV), and what is left of closed ones (TIME_WAIT); and who
 * listens at an abstract UNIX address.
 *
 * A dump is not a snapshot: a connection that is made or closed meanwhile may be in it or not.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_SOCKETS_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"

struct netlink_sockets;

/* A connection. An IPv4 one of an IPv6 socket (::ffff:192.0.2.1) has IPv4 addresses. */
struct netlink_connection {
	struct ip_addr local, remote;
	uint16_t remote_port; /* host byte order */
	bool is_established;
};

struct netlink_sockets_handlers {
	void (*each)(const struct netlink_connection *connection, void *arg);
	/* The end of a dump. 0, or a negative errno: it is not complete. -ENOENT: the kernel cannot
	 * tell (no tcp_diag). */
	void (*done)(int error, void *arg);
	void *arg;
};

/* Only netlink_sockets_dispatch() calls the handlers. Sets *out; a negative errno on failure. */
int netlink_sockets_open(const struct netlink_sockets_handlers *handlers,
			 struct netlink_sockets **out);
/* NULL is allowed. */
void netlink_sockets_close(struct netlink_sockets *s);

/* Begin a dump. 0, or a negative errno, and done() is not called; -EBUSY: there is one already. */
int netlink_sockets_start(struct netlink_sockets *s);

/* The descriptor to watch for reading, and the function to call when it is readable. It reads a
 * bounded number of messages without blocking; the event loop calls it again if there are more.
 * done() may start the next dump, but not close `s`. */
int netlink_sockets_fd(const struct netlink_sockets *s);
void netlink_sockets_dispatch(struct netlink_sockets *s);

/* The user whose process made the stream socket that listens at the abstract address `name`
 * (`length` bytes, without the leading zero byte). Blocks for the time of a dump. -ENOENT: nobody
 * listens there, or the kernel cannot tell (no unix_diag); other negative errno: could not be
 * asked. */
int netlink_sockets_listener(const char *name, size_t length, uid_t *uid);

#endif
