/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_socket: the sockets of the netlink modules, and requests, dumps and notifications on
 * them. For the netlink modules only: it includes the headers of libnl.
 */
#ifndef CLUSTERARPD_IO_NETLINK_NETLINK_SOCKET_H
#define CLUSTERARPD_IO_NETLINK_NETLINK_SOCKET_H

#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netlink {
	struct nl_sock *requests;
	int protocol; /* NETLINK_ROUTE, … */
	int refused;  /* the kernel's error for the current request: negative errno, or 0 */
};

/* The socket for requests of `protocol`. 0 or a negative errno value. */
int netlink_socket_open(struct netlink *nl, int protocol);
void netlink_socket_close(struct netlink *nl);

/* A list for the results of a dump. A dump is read to its end before any callback gets its results:
 * the callback may make requests itself, and a dump that was interrupted starts again without
 * reporting anything twice. */
struct netlink_list {
	size_t size; /* of an item; set by the caller, all else zero */
	void *items;
	size_t count;
	size_t room;
	const void *arg; /* set by the caller, for the parser */
	int error;       /* -ENOMEM: an item is missing */
};

/* Append an item, all zero. NULL: out of memory, which is noted in list->error. */
void *netlink_list_add(struct netlink_list *list);

/* Open a socket of `protocol` (NETLINK_ROUTE, …) for notifications or dumps: connected,
 * non-blocking, without acknowledgements, with room for `buffer` bytes (twice that as the kernel
 * counts). 0 or a negative NLE code. */
int netlink_socket_listen(int protocol, int buffer, struct nl_sock **out);

/* Put a filter of classic BPF on a listener: messages for which it returns 0 do not arrive. 0 or a
 * negative NLE code. */
struct sock_filter;
int netlink_socket_filter(struct nl_sock *socket, struct sock_filter *program, size_t count);

typedef void netlink_message_handler(struct nlmsghdr *header, void *arg);

/* Read one datagram from the kernel and pass each of its messages to `each`. 0 or a negative NLE
 * code: -NLE_AGAIN nothing to read, -NLE_NOMEM notifications were lost. */
int netlink_socket_receive(struct nl_sock *socket, netlink_message_handler *each, void *arg);
/* Read up to `most` datagrams. Sets *lost if notifications were lost; everything queued before the
 * loss has then been read. 0 or a negative errno value: the socket is broken. */
int netlink_socket_receive_changes(struct nl_sock *socket, unsigned most,
				   netlink_message_handler *each, void *arg, bool *lost);

/* Convert an NLE code of libnl to a negative errno value. */
int netlink_errno(int nle);
/* Send and free `request`; `parse` gets each message of the answer. */
int netlink_exchange(struct netlink *nl, struct nl_msg *request, nl_recvmsg_msg_cb_t parse,
		     void *arg);
/* End a request: convert the result `nle` of a libnl call to 0 or a negative errno value. If the
 * kernel refused the request, it is exactly the kernel's errno. */
int netlink_result(struct netlink *nl, int nle);

/* Dump `type` with the fixed header `head`; `parse` gets each message, with `list` as its argument.
 * The caller frees list->items, whatever the result. */
int netlink_dump(struct netlink *nl, int type, const void *head, size_t length,
		 nl_recvmsg_msg_cb_t parse, struct netlink_list *list);

/* A dump that may be long: it is read in steps, from the event loop, without blocking. */
struct netlink_walk;

struct netlink_walk_handlers {
	netlink_message_handler *each; /* of the dump's messages */
	/* The end of a dump. 0, or a negative errno: it is not complete. May start the next, but
	 * not close the walk. */
	void (*done)(int error, void *arg);
	void *arg;
};

/* Open a socket of `protocol` (NETLINK_SOCK_DIAG, …). Only netlink_walk_dispatch() calls the
 * handlers. Sets *out; a negative errno on failure. */
int netlink_walk_open(int protocol, const struct netlink_walk_handlers *handlers,
		      struct netlink_walk **out);
/* NULL is allowed. */
void netlink_walk_close(struct netlink_walk *walk);

/* Begin a dump: `type` with the fixed header `head`. 0, or a negative errno, and done() is not
 * called; -EBUSY: one goes on. */
int netlink_walk_start(struct netlink_walk *walk, int type, const void *head, size_t length);

/* The descriptor to watch for reading, and the function to call when it is readable. It reads a
 * bounded number of messages; the event loop calls it again if there are more. */
int netlink_walk_fd(const struct netlink_walk *walk);
void netlink_walk_dispatch(struct netlink_walk *walk);

/* Parse the attributes after the fixed header of `length` bytes. False: malformed. */
bool netlink_attributes(struct nlmsghdr *header, size_t length, struct nlattr **attributes, int max,
			const struct nla_policy *policy);

#endif
