/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake_netlink: netlink sockets with the input; see fake_netlink.h. */
#include "fake_netlink.h"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

static struct target_input left;
static uint32_t sequence; /* of the last request */
static bool is_answering, is_asked;
static int answer;

void fake_netlink_feed(struct target_input in)
{
	left = in;
	is_answering = is_asked = false;
}

bool fake_netlink_is_empty(void)
{
	return !left.size;
}

void fake_netlink_answer(int error)
{
	is_answering = true;
	answer = error;
}

int nl_sendmsg(struct nl_sock *sk, struct nl_msg *msg, struct msghdr *hdr)
{
	(void)sk;
	(void)hdr;
	sequence = nlmsg_hdr(msg)->nlmsg_seq;
	is_asked = true;
	return (int)nlmsg_hdr(msg)->nlmsg_len;
}

/* The kernel knows the number of the request; the input does not. */
static void number_messages(uint8_t *buffer, size_t size)
{
	size_t at = 0;

	while (size - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;

		memcpy(&header, buffer + at, sizeof(header));
		if (!header.nlmsg_seq)
			header.nlmsg_seq = sequence;
		memcpy(buffer + at, &header, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > size - at ||
		    NLMSG_ALIGN(header.nlmsg_len) > size - at)
			return;
		at += NLMSG_ALIGN(header.nlmsg_len);
	}
}

static int give(unsigned char **out, const void *data, size_t size)
{
	*out = target_copy(data, size);
	number_messages(*out, size);
	return (int)size;
}

static int give_answer(unsigned char **out)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} message = { { sizeof(message), NLMSG_ERROR, 0, 0, 0 }, { answer, { 0 } } };

	is_asked = false;
	return give(out, &message, sizeof(message));
}

int nl_recv(struct nl_sock *sk, struct sockaddr_nl *from, unsigned char **buf, struct ucred **creds)
{
	struct target_input part;

	(void)sk;
	memset(from, 0, sizeof(*from));
	from->nl_family = AF_NETLINK;
	if (creds)
		*creds = NULL;
	if (!left.size)
		return is_answering && is_asked ? give_answer(buf) : -NLE_AGAIN;
	part = target_part(&left);
	return part.size ? give(buf, part.data, part.size) : -NLE_NOMEM;
}

/* libnl has no sanitizer: these in its place see an attribute that is shorter than its value. */

static const void *value_of(const struct nlattr *attribute, int size)
{
	target_check(nla_len(attribute) >= size, "an attribute of %d bytes is read as %d",
		     nla_len(attribute), size);
	return nla_data(attribute);
}

uint8_t nla_get_u8(const struct nlattr *attribute)
{
	return *(const uint8_t *)value_of(attribute, sizeof(uint8_t));
}

uint16_t nla_get_u16(const struct nlattr *attribute)
{
	uint16_t value;

	memcpy(&value, value_of(attribute, sizeof(value)), sizeof(value));
	return value;
}

uint32_t nla_get_u32(const struct nlattr *attribute)
{
	uint32_t value;

	memcpy(&value, value_of(attribute, sizeof(value)), sizeof(value));
	return value;
}
