/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * no_ipv6_neigh: preloaded into the daemon, makes the kernel refuse IPv6 neighbour entries as one
 * without IPv6 (ipv6.disable=1) does: it gets them as entries of a family that it does not have.
 */
#include <dlfcn.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/socket.h>

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*next)(int, const struct msghdr *, int) =
		(ssize_t(*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
	struct nlmsghdr *header = message->msg_iovlen ? message->msg_iov[0].iov_base : NULL;
	struct ndmsg *entry;

	if (header && message->msg_iov[0].iov_len >= NLMSG_LENGTH(sizeof(*entry)) &&
	    header->nlmsg_type == RTM_NEWNEIGH) {
		entry = NLMSG_DATA(header);
		if (entry->ndm_family == AF_INET6)
			entry->ndm_family = AF_DECnet;
	}
	return next(fd, message, flags);
}
