/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_socket: the sockets of the netlink modules, and requests, dumps and notifications by
 * them. For the netlink modules alone: it includes libnl's headers.
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
	int refused; /* the kernel's answer to the request under way: negative errno, or 0 */
};

/* The socket for requests. 0 or a negative errno value. */
int netlink_socket_open(struct netlink *nl);
void netlink_socket_close(struct netlink *nl);

/* What a dump is gathered in. A dump is read to its end before anybody is told of
 * it: whoever is told may make requests of its own, and a dump that the kernel had
 * to interrupt starts again without anything being told twice. */
struct netlink_list {
	size_t size; /* of an item; set by the caller, all else zero */
	void *items;
	size_t count;
	size_t room;
	const void *arg; /* for the parser: the caller's */
	int error;       /* -ENOMEM: an item is missing */
};

/* A new item at the end, all zero; NULL without memory, which the list remembers. */
void *netlink_list_add(struct netlink_list *list);

/* A socket to listen by: connected, never blocking, without acknowledgements, with room
 * for `buffer` bytes (as the kernel counts them, twice that). 0 or a negative NLE code. */
int netlink_socket_listen(int buffer, struct nl_sock **out);

typedef void netlink_message_handler(struct nlmsghdr *header, void *arg);

/* One datagram of the kernel's, each message of it to `each`. 0 or a negative NLE code:
 * -NLE_AGAIN nothing waits, -NLE_NOMEM messages were lost. */
int netlink_socket_receive(struct nl_sock *socket, netlink_message_handler *each, void *arg);
/* Up to `most` datagrams. Sets *lost where notifications were: what was queued before the
 * loss has been read then. 0 or a negative errno value: the socket is broken. */
int netlink_socket_receive_changes(struct nl_sock *socket, unsigned most,
				   netlink_message_handler *each, void *arg, bool *lost);

/* libnl's NLE code as a negative errno value. */
int netlink_errno(int nle);
/* Sends and frees `request`; `parse` gets what the kernel answers. */
int netlink_exchange(struct netlink *nl, struct nl_msg *request, nl_recvmsg_msg_cb_t parse,
		     void *arg);
/* End of a request: the result `nle` of a libnl call as 0 or negative errno, exactly
 * the kernel's where it was the kernel that refused. */
int netlink_result(struct netlink *nl, int nle);

/* Dump `type` with the fixed header `head`; `parse` gets each message with `list` as
 * its argument. The caller frees list->items, whatever the result. */
int netlink_dump(struct netlink *nl, int type, const void *head, size_t length,
		 nl_recvmsg_msg_cb_t parse, struct netlink_list *list);

/* Attributes of a message behind its fixed header of `length` bytes. False: it is
 * malformed. */
bool netlink_attributes(struct nlmsghdr *header, size_t length, struct nlattr **attributes, int max,
			const struct nla_policy *policy);

#endif
