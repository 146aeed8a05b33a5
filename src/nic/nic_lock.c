/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic_lock: allows one daemon per NIC; see nic_lock.h. */
#include "nic/nic_lock.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

/* Is the lock's address held by a process of root or of this user? Sets *holder. The holder accepts
 * no connections, so its backlog can be full of earlier attempts. Then the holder is unknown (pid
 * 0), and counts as such a process. */
static bool is_taken(const struct sockaddr_un *address, socklen_t len, struct ucred *holder)
{
	socklen_t size = sizeof(*holder);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool connected = fd >= 0 && !connect(fd, (const struct sockaddr *)address, len);
	bool full = fd >= 0 && !connected && errno == EAGAIN;
	bool known = connected && !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &size);

	if (fd >= 0)
		close(fd);
	return full || (known && (holder->uid == 0 || holder->uid == geteuid()));
}

int nic_lock(const char *interface, int ifindex, pid_t *holder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;
	struct ucred other = { 0 };

	if (fd < 0)
		return -errno;
	len += (socklen_t)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
				   "clusterarpd/nic/%d", ifindex);
	if (!bind(fd, (struct sockaddr *)&address, len) && !listen(fd, SOMAXCONN))
		return fd;
	error = errno;
	if (error == EADDRINUSE && !is_taken(&address, len, &other)) {
		log_warning("%s: a process of another user holds the lock's address: going on "
			    "without the lock",
			    interface);
		return fd;
	}
	*holder = other.pid;
	close(fd);
	return error == EADDRINUSE ? -EBUSY : -error;
}
