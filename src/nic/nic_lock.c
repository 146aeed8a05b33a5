/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nic_lock: allows one daemon per NIC; see nic_lock.h. */
#include "nic/nic_lock.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "io/netlink/netlink_sockets.h"

/* The user that the package makes for the daemon. */
#define DAEMON_USER "clusterarpd"

static bool may_hold(uid_t uid)
{
	const struct passwd *daemon;

	if (uid == 0 || uid == geteuid())
		return true;
	daemon = getpwnam(DAEMON_USER);
	return daemon && daemon->pw_uid == uid;
}

/* The process that listens at the lock's address; false: not known. It accepts no connections, so
 * its backlog may be full of earlier attempts. */
static bool ask_holder(const struct sockaddr_un *address, socklen_t len, struct ucred *holder)
{
	socklen_t size = sizeof(*holder);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_known = fd >= 0 && !connect(fd, (const struct sockaddr *)address, len) &&
			!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &size);

	if (fd >= 0)
		close(fd);
	return is_known;
}

/* Is the lock's address held by somebody who may? Sets *holder, whose pid is 0 if it is not known.
 * The kernel is asked for the user, because any user may bind the address and fill its own backlog.
 * If nobody can tell, the lock counts as held. */
static bool is_taken(const struct sockaddr_un *address, socklen_t len, struct ucred *holder)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path) + 1;
	bool is_known = ask_holder(address, len, holder);
	uid_t uid;
	int rc = netlink_sockets_listener(address->sun_path + 1, len - head, &uid);

	if (!rc)
		return may_hold(uid);
	return rc != -ENXIO && (!is_known || may_hold(holder->uid));
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
