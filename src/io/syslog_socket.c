/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syslog_socket: log lines to /dev/log; see syslog_socket.h. */
#include "io/syslog_socket.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1200

static int fd = -1;

static bool open_socket(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = _PATH_LOG };

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return true;
	if (fd >= 0)
		close(fd);
	fd = -1;
	return false;
}

/* As syslog(3) writes it (RFC 3164): "<30>Nov  2 09:08:07 clusterarpd[123]: text". The names of the
 * months are those of the C locale, which is the daemon's. */
static size_t format(char *line, size_t size, int priority, const char *text)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;
	int n;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
	n = snprintf(line, size, "<%d>%s clusterarpd[%ld]: %s", LOG_DAEMON | priority, stamp,
		     (long)getpid(), text);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* A log daemon that was started again has another socket: connect once more. */
bool syslog_socket_send(int priority, const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t len = format(line, sizeof(line), priority, text);

	if (fd >= 0) {
		if (send(fd, line, len, MSG_NOSIGNAL) >= 0)
			return true;
		if (errno == EAGAIN)
			return false;
		close(fd);
		fd = -1;
	}
	return open_socket() && send(fd, line, len, MSG_NOSIGNAL) >= 0;
}
