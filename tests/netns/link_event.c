/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link_event: preloaded into the daemon (LD_PRELOAD). While the file $LINK_EVENT exists, it adds
 * the attribute IFLA_EVENT, with the number in that file, to each RTM_NEWLINK notification that the
 * process receives. A bond's switchover or a live migration makes the kernel do so.
 */
#include <dlfcn.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int read_event(unsigned *event)
{
	const char *path = getenv("LINK_EVENT");
	FILE *f = path ? fopen(path, "r") : NULL;
	int is_there = f && fscanf(f, "%u", event) == 1;

	if (f)
		fclose(f);
	return is_there;
}

/* One notification alone, in a buffer that has room for the attribute. */
static int is_notification(const struct msghdr *message, ssize_t len, int flags)
{
	const struct sockaddr_nl *from = message->msg_name;
	const struct nlmsghdr *header = message->msg_iov[0].iov_base;

	return from && message->msg_namelen == sizeof(*from) && from->nl_family == AF_NETLINK &&
	       from->nl_groups && !(flags & MSG_PEEK) && len >= (ssize_t)sizeof(*header) &&
	       header->nlmsg_type == RTM_NEWLINK && header->nlmsg_len == len &&
	       message->msg_iov[0].iov_len >= (size_t)len + 8;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int) = dlsym(RTLD_NEXT, "recvmsg");
	ssize_t len = real(fd, message, flags);
	struct nlattr attribute = { .nla_len = 8, .nla_type = IFLA_EVENT };
	struct nlmsghdr *header;
	unsigned event;

	if (len < 0 || !is_notification(message, len, flags) || !read_event(&event))
		return len;
	header = message->msg_iov[0].iov_base;
	memcpy((char *)header + len, &attribute, sizeof(attribute));
	memcpy((char *)header + len + sizeof(attribute), &event, sizeof(event));
	header->nlmsg_len += 8;
	return len + 8;
}
