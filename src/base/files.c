/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files: opening files where others may write, too; see files.h. */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Close the descriptor, and return -1 with this errno. */
static int give_up(int fd, int error)
{
	close(fd);
	errno = error;
	return -1;
}

static FILE *stream_of(int fd, const char *mode)
{
	FILE *f = fd < 0 ? NULL : fdopen(fd, mode);

	if (!f && fd >= 0)
		give_up(fd, errno);
	return f;
}

/* With O_NONBLOCK a FIFO does not wait for a writer. */
FILE *files_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode)))
		fd = give_up(fd, EINVAL);
	return stream_of(fd, "r");
}

FILE *files_create(const char *path, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd >= 0 && fchmod(fd, mode)) /* whatever the umask is */
		fd = give_up(fd, errno);
	return stream_of(fd, "w");
}

static bool begins_with(const char *path, const char *directory)
{
	return !strncmp(path, directory, strlen(directory));
}

/* 0, or the errno value. */
static int check(const struct stat *st, bool may_be_fifo)
{
	if (!S_ISREG(st->st_mode) && !(may_be_fifo && S_ISFIFO(st->st_mode)))
		return EINVAL;
	return st->st_uid != geteuid() || (S_ISREG(st->st_mode) && st->st_nlink > 1) ? EPERM : 0;
}

/* It is emptied only when it is known whose it is. */
int files_overwrite(const char *path, mode_t mode, bool may_be_fifo)
{
	bool is_device = begins_with(path, "/dev/") || begins_with(path, "/proc/");
	int flags = O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC | (is_device ? 0 : O_NOFOLLOW) |
		    (may_be_fifo ? 0 : O_NONBLOCK);
	int fd = open(path, flags, mode), error = 0;
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st))
		error = errno;
	else if (!is_device)
		error = check(&st, may_be_fifo);
	if (!error && !is_device && S_ISREG(st.st_mode) && (ftruncate(fd, 0) || fchmod(fd, mode)))
		error = errno;
	return error ? give_up(fd, error) : fd;
}
