/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files: opening files where others may write, too; see files.h. */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

/* The owner of the directory in which the file is; root, if it cannot be known. */
static uid_t owner_of_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	struct stat st;
	uid_t owner = directory && !stat(directory, &st) ? st.st_uid : 0;

	free(directory);
	return owner;
}

/* With O_NONBLOCK a FIFO does not wait for a writer. */
FILE *files_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode)))
		fd = give_up(fd, EINVAL);
	if (fd >= 0 && st.st_uid && st.st_uid != geteuid() && st.st_uid != owner_of_directory(path))
		fd = give_up(fd, EPERM);
	return stream_of(fd, "r");
}

/* A new file, in place of one that is there. */
static FILE *create(const char *path, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd >= 0 && fchmod(fd, mode)) /* whatever the umask is */
		fd = give_up(fd, errno);
	return stream_of(fd, "w");
}

/* 0 or a negative errno, also for what only fclose(3) tells. */
static int write_to(FILE *f, bool (*write)(FILE *f, void *arg), void *arg)
{
	bool is_whole;

	errno = 0;
	is_whole = write(f, arg) && !ferror(f);
	is_whole = !fclose(f) && is_whole;
	return is_whole ? 0 : errno ? -errno : -EIO;
}

int files_replace(const char *path, mode_t mode, bool (*write)(FILE *f, void *arg), void *arg)
{
	char *temporary;
	FILE *f;
	int rc;

	if (asprintf(&temporary, "%s.new", path) < 0)
		return -ENOMEM;
	f = create(temporary, mode);
	rc = f ? write_to(f, write, arg) : -errno;
	if (!rc && rename(temporary, path))
		rc = -errno;
	if (rc)
		unlink(temporary);
	free(temporary);
	return rc;
}

/* 0, or the errno value: may the caller write in it? */
static int check(const struct stat *st, bool may_be_fifo)
{
	if (!S_ISREG(st->st_mode) && !(may_be_fifo && S_ISFIFO(st->st_mode)))
		return EINVAL;
	return st->st_uid != geteuid() || (S_ISREG(st->st_mode) && st->st_nlink > 1) ? EPERM : 0;
}

int files_update(const char *path)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int error;

	if (fd < 0)
		return -1;
	error = fstat(fd, &st) ? errno : check(&st, false);
	return error ? give_up(fd, error) : fd;
}

static bool begins_with(const char *path, const char *start)
{
	return !strncmp(path, start, strlen(start));
}

/* Is it a name of one of the caller's descriptors? These names are links. */
static bool is_own_descriptor(const char *path)
{
	return !strcmp(path, "/dev/stdout") || !strcmp(path, "/dev/stderr") ||
	       begins_with(path, "/dev/fd/") || begins_with(path, "/proc/self/fd/");
}

/* open(2) would wait for a reader of somebody else's FIFO. */
static bool is_fifo_of_another(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISFIFO(st.st_mode) && st.st_uid != geteuid();
}

/* It is emptied only when it is known whose it is. */
int files_overwrite(const char *path, mode_t mode, bool may_be_fifo)
{
	bool is_own = is_own_descriptor(path);
	int flags = O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC | (is_own ? 0 : O_NOFOLLOW) |
		    (may_be_fifo ? 0 : O_NONBLOCK);
	int fd, error;
	struct stat st;

	if (!is_own && is_fifo_of_another(path)) {
		errno = EPERM;
		return -1;
	}
	fd = open(path, flags, mode);
	if (fd < 0)
		return -1;
	error = fstat(fd, &st) ? errno : 0;
	if (!error && !is_own && !S_ISCHR(st.st_mode))
		error = check(&st, may_be_fifo);
	if (!error && S_ISREG(st.st_mode) && (ftruncate(fd, 0) || (!is_own && fchmod(fd, mode))))
		error = errno;
	return error ? give_up(fd, error) : fd;
}
