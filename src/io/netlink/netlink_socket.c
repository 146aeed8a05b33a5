/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink_socket: sockets, requests, dumps and notifications; see netlink_socket.h.
 *
 * Lost notifications: when the receive buffer overflows, the socket reports ENOBUFS once and then
 * drops silently until its queue has been read empty (NETLINK_S_CONGESTED). A program that reads
 * the state again right after ENOBUFS would miss what is dropped until then. Therefore
 * netlink_socket_receive_changes() first reads what is queued, which is older than the loss, and
 * reports the loss afterwards.
 */
#include "io/netlink/netlink_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READS_AFTER_LOSS 65536 /* more than the buffer holds */
#define LOSSES_IN_A_ROW  3     /* no loss any more: the socket cannot be read */
#define DUMP_TRIES       20
#define MESSAGES_MAX     32768 /* bytes; the kernel sends no larger datagram */

int netlink_errno(int nle)
{
	switch (-nle) {
	case NLE_EXIST:
		return -EEXIST;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENODEV;
	case NLE_PERM:
		return -EPERM;
	case NLE_NOACCESS:
		return -EACCES;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_BUSY:
		return -EBUSY;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_INTR:
	case NLE_DUMP_INTR:
		return -EINTR;
	case NLE_BAD_SOCK:
		return -EBADF;
	case NLE_NOADDR:
		return -EADDRNOTAVAIL;
	case NLE_AF_NOSUPPORT:
		return -EAFNOSUPPORT;
	case NLE_OPNOTSUPP:
	case NLE_MSGTYPE_NOSUPPORT:
		return -EOPNOTSUPP;
	case NLE_RANGE:
		return -ERANGE;
	case NLE_INVAL:
	case NLE_MISSING_ATTR:
	case NLE_AF_MISMATCH:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* Keep the kernel's errno: libnl's own codes cover only some of them. */
static int on_refused(struct sockaddr_nl *from, struct nlmsgerr *refusal, void *arg)
{
	struct netlink *nl = arg;

	(void)from;
	nl->refused = refusal->error;
	return NL_STOP;
}

/* --- sockets --- */

static int open_requests(struct netlink *nl, struct nl_sock **out)
{
	struct nl_sock *socket = nl_socket_alloc();
	int nle;

	if (!socket)
		return -NLE_NOMEM;
	nle = nl_connect(socket, nl->protocol);
	if (nle < 0) {
		nl_socket_free(socket);
		return nle;
	}
	nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, on_refused, nl);
	*out = socket;
	return 0;
}

static int connect_listener(struct nl_sock *socket, int protocol, int buffer)
{
	int nle;

	nl_socket_disable_auto_ack(socket);
	nl_socket_disable_seq_check(socket);
	nl_socket_disable_msg_peek(socket);
	nle = nl_socket_set_msg_buf_size(socket, MESSAGES_MAX);
	if (nle >= 0)
		nle = nl_connect(socket, protocol);
	if (nle >= 0)
		nle = nl_socket_set_buffer_size(socket, buffer, 0);
	if (nle < 0)
		return nle;
	/* Allow more than net.core.rmem_max; without CAP_NET_ADMIN that limit remains. */
	(void)setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
			 sizeof(buffer));
	return nl_socket_set_nonblocking(socket);
}

int netlink_socket_listen(int protocol, int buffer, struct nl_sock **out)
{
	struct nl_sock *socket = nl_socket_alloc();
	int nle;

	if (!socket)
		return -NLE_NOMEM;
	nle = connect_listener(socket, protocol, buffer);
	if (nle < 0) {
		nl_socket_free(socket);
		return nle;
	}
	*out = socket;
	return 0;
}

int netlink_socket_filter(struct nl_sock *socket, struct sock_filter *program, size_t count)
{
	const struct sock_fprog filter = { .len = (unsigned short)count, .filter = program };

	return setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			  sizeof(filter))
		       ? -NLE_FAILURE
		       : 0;
}

int netlink_socket_open(struct netlink *nl, int protocol)
{
	int nle;

	nl->protocol = protocol;
	nle = open_requests(nl, &nl->requests);

	return nle < 0 ? netlink_errno(nle) : 0;
}

void netlink_socket_close(struct netlink *nl)
{
	nl_socket_free(nl->requests);
}

/* --- requests --- */

/* After a failure on this side an answer may remain unread, and every later request would get the
 * answer to the one before: open a new socket. */
static void renew_requests(struct netlink *nl)
{
	struct nl_sock *socket;

	if (open_requests(nl, &socket) < 0)
		return;
	nl_socket_free(nl->requests);
	nl->requests = socket;
}

int netlink_result(struct netlink *nl, int nle)
{
	int refused = nl->refused;

	nl->refused = 0;
	if (nle >= 0)
		return 0;
	if (refused != 0)
		return refused;
	if (nle != -NLE_DUMP_INTR)
		renew_requests(nl);
	return netlink_errno(nle);
}

/* A dump ends with NLMSG_DONE; after any other answer comes a separate acknowledgement. */
int netlink_exchange(struct netlink *nl, struct nl_msg *request, nl_recvmsg_msg_cb_t parse,
		     void *arg)
{
	bool dump = (nlmsg_hdr(request)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int nle = callbacks ? nl_send_auto(nl->requests, request) : -NLE_NOMEM;

	nlmsg_free(request);
	if (nle >= 0) {
		nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, parse, arg);
		nl_cb_err(callbacks, NL_CB_CUSTOM, on_refused, nl);
		nle = nl_recvmsgs(nl->requests, callbacks);
		if (nle >= 0 && !dump)
			nle = nl_wait_for_ack(nl->requests);
	}
	nl_cb_put(callbacks);
	return netlink_result(nl, nle);
}

void *netlink_list_add(struct netlink_list *list)
{
	void *item;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		void *items = reallocarray(list->items, room, list->size);

		if (!items) {
			list->error = -ENOMEM;
			return NULL;
		}
		list->items = items;
		list->room = room;
	}
	item = (char *)list->items + list->count * list->size;
	list->count++;
	return memset(item, 0, list->size);
}

int netlink_dump(struct netlink *nl, int type, const void *head, size_t length,
		 nl_recvmsg_msg_cb_t parse, struct netlink_list *list)
{
	int rc = -EINTR;

	for (unsigned i = 0; rc == -EINTR && i < DUMP_TRIES; i++) {
		struct nl_msg *request = nlmsg_alloc_simple(type, NLM_F_DUMP);

		if (!request)
			return -ENOMEM;
		if (nlmsg_append(request, (void *)head, length, NLMSG_ALIGNTO) < 0) {
			nlmsg_free(request);
			return -ENOMEM;
		}
		list->count = 0;
		rc = netlink_exchange(nl, request, parse, list);
	}
	return rc < 0 ? rc : list->error;
}

bool netlink_attributes(struct nlmsghdr *header, size_t length, struct nlattr **attributes, int max,
			const struct nla_policy *policy)
{
	return nlmsg_valid_hdr(header, (int)length) &&
	       nlmsg_parse(header, (int)length, attributes, max, policy) >= 0;
}

/* --- notifications --- */

/* Not with nl_recvmsgs(), which continues to read while messages have NLM_F_MULTI: a notification
 * may have the flags of the request that caused it. */
int netlink_socket_receive(struct nl_sock *socket, netlink_message_handler *each, void *arg)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	unsigned char *buffer = NULL;
	struct nlmsghdr *header;
	int left = nl_recv(socket, &from, &buffer, NULL);

	if (left <= 0)
		return left;
	header = (struct nlmsghdr *)(void *)buffer;
	if (from.nl_pid == 0) { /* from the kernel, not from another process */
		for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
			each(header, arg);
	}
	free(buffer);
	return 0;
}

/* Read up to `most` datagrams; after a loss, read all that are queued. */
int netlink_socket_receive_changes(struct nl_sock *socket, unsigned most,
				   netlink_message_handler *each, void *arg, bool *lost)
{
	unsigned losses = 0;
	int nle = 0;

	*lost = false;
	for (unsigned i = 0; i < (*lost ? READS_AFTER_LOSS : most); i++) {
		nle = netlink_socket_receive(socket, each, arg);
		if (nle != -NLE_NOMEM /* ENOBUFS, or ENOMEM */ && nle != -NLE_MSG_TRUNC) {
			losses = 0;
			if (nle < 0)
				break;
			continue;
		}
		*lost = true;
		if (++losses == LOSSES_IN_A_ROW)
			break;
	}
	return nle == -NLE_AGAIN || nle >= 0 ? 0 : netlink_errno(nle);
}

/* --- dumps in steps --- */

#define WALK_BUFFER   (256 * 1024)
#define WALK_MESSAGES 4 /* read at once: each has some hundred items */

struct netlink_walk {
	struct nl_sock *socket;
	struct netlink_walk_handlers handlers;
	uint32_t sequence; /* of the dump's request */
	bool is_going_on, is_over;
	int error; /* with is_over */
};

int netlink_walk_open(int protocol, const struct netlink_walk_handlers *handlers,
		      struct netlink_walk **out)
{
	struct netlink_walk *walk = calloc(1, sizeof(*walk));
	int nle;

	if (!walk)
		return -ENOMEM;
	walk->handlers = *handlers;
	nle = netlink_socket_listen(protocol, WALK_BUFFER, &walk->socket);
	if (nle < 0) {
		free(walk);
		return netlink_errno(nle);
	}
	*out = walk;
	return 0;
}

void netlink_walk_close(struct netlink_walk *walk)
{
	if (!walk)
		return;
	nl_socket_free(walk->socket);
	free(walk);
}

int netlink_walk_fd(const struct netlink_walk *walk)
{
	return nl_socket_get_fd(walk->socket);
}

int netlink_walk_start(struct netlink_walk *walk, int type, const void *head, size_t length)
{
	struct nl_msg *message;
	int nle = -NLE_NOMEM;

	if (walk->is_going_on)
		return -EBUSY;
	message = nlmsg_alloc_simple(type, NLM_F_DUMP);
	if (message && nlmsg_append(message, (void *)head, length, NLMSG_ALIGNTO) >= 0)
		nle = nl_send_auto(walk->socket, message);
	if (nle >= 0) {
		walk->sequence = nlmsg_hdr(message)->nlmsg_seq;
		walk->is_going_on = true;
		walk->is_over = false;
		walk->error = 0;
	}
	nlmsg_free(message);
	return nle < 0 ? netlink_errno(nle) : 0;
}

static int error_of(struct nlmsghdr *header)
{
	const struct nlmsgerr *e = nlmsg_data(header);

	return nlmsg_valid_hdr(header, sizeof(*e)) && e->error < 0 ? e->error : -EIO;
}

static void on_message(struct nlmsghdr *header, void *arg)
{
	struct netlink_walk *walk = arg;

	if (!walk->is_going_on || walk->is_over || header->nlmsg_seq != walk->sequence)
		return; /* of a dump that failed */
	if (header->nlmsg_type == NLMSG_DONE) {
		walk->is_over = true;
	} else if (header->nlmsg_type == NLMSG_ERROR) {
		walk->is_over = true;
		walk->error = error_of(header);
	} else {
		walk->handlers.each(header, walk->handlers.arg);
	}
}

void netlink_walk_dispatch(struct netlink_walk *walk)
{
	int nle = 0;

	for (unsigned i = 0; i < WALK_MESSAGES && nle >= 0 && !walk->is_over; i++)
		nle = netlink_socket_receive(walk->socket, on_message, walk);
	if (nle < 0 && nle != -NLE_AGAIN && walk->is_going_on) {
		walk->is_over = true;
		walk->error = netlink_errno(nle);
	}
	if (!walk->is_going_on || !walk->is_over)
		return;
	walk->is_going_on = false;
	walk->handlers.done(walk->error, walk->handlers.arg);
}
