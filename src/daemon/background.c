/* SPDX-License-Identifier: GPL-2.0-or-later */
/* background: fork, wait until the daemon is ready, process ID file; see background.h. */
#include "daemon/background.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "daemon/options.h"

/* The write end of the pipe on which the parent waits; -1: there is no such parent. */
static int ready_fd = -1;
static char *pid_file;

/* A byte means that the child is ready. End of file means that it has ended: its exit code is
 * passed on. */
static void wait_and_exit(int fd, pid_t child)
{
	int status;
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(EXIT_WELL);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_RUNTIME);
}

static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (chdir("/"))
		log_debug_errno(errno, "cannot change to /");
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

char *background_path(const char *path)
{
	char here[PATH_MAX], *absolute;

	if (*path == '/' || !getcwd(here, sizeof(here)))
		return strdup(path);
	return asprintf(&absolute, "%s/%s", here, path) < 0 ? NULL : absolute;
}

int background_fork(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		log_error_errno(errno, "cannot go to the background");
		return -1;
	}
	if (child > 0) {
		close(ends[1]);
		wait_and_exit(ends[0], child);
	}
	close(ends[0]);
	ready_fd = ends[1];
	detach();
	return 0;
}

/* Standard output is /dev/null: see detach(). */
void background_ready(bool is_silent)
{
	if (ready_fd < 0)
		return;
	if (is_silent)
		dup2(STDOUT_FILENO, STDERR_FILENO);
	if (write(ready_fd, "", 1) != 1)
		log_debug_errno(errno, "cannot notify the parent process");
	close(ready_fd);
	ready_fd = -1;
}

static void remove_pid_file(void)
{
	if (pid_file)
		unlink(pid_file);
	free(pid_file);
}

int background_write_pid(const char *path)
{
	int fd = files_overwrite(path, 0644, false);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	int rc = !f || fprintf(f, "%ld\n", (long)getpid()) < 0 ? -1 : 0;

	if (f && fclose(f))
		rc = -1;
	if (rc) {
		log_error_errno(errno, "cannot write %s", path);
		return rc;
	}
	pid_file = background_path(path);
	return atexit(remove_pid_file);
}
