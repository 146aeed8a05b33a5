/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client: what clusterarpctl does with what a server sends that need not be the daemon: each of its
 * commands reads answers, and prints them. Whatever it prints must be safe for a terminal.
 *
 * An input: the index of a command line in the table below, then the answers to its requests, each
 * ended by a NUL; but a capture is a target_part(). An answer that begins with '!' is none: the
 * socket is not for this user.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ctl/common/ctl_options.h"
#include "ctl/common/ctl_text.h"
#include "ctl/ctl_commands.h"
#include "target.h"

#define WORDS_MAX 12
#define FILE_NAME "capture.pcapng"

static const char *const lines[][WORDS_MAX] = {
	{ "status" },
	{ "-j", "status" },
	{ "peers" },
	{ "peers", "beta", "gamma" },
	{ "-j", "peers", "beta" },
	{ "neigh" },
	{ "counters" },
	{ "config" },
	{ "reload" },
	{ "reload", "--dry-run" },
	{ "monitor" },
	{ "-j", "monitor" },
	{ "capture" },
	{ "capture", "-w", FILE_NAME, "--count", "3", "--snaplen", "64" },
	{ "doctor" },
	{ "-j", "doctor" },
	{ "metrics" },
	{ "check" },
	{ "-j", "check" },
	{ "check", "--wait", "0.0001" },
	{ "shares" },
	{ "-j", "shares" },
	{ "shares", "of", "192.0.2.1:80" },
	{ "shares", "of", "2001:db8::1" },
	{ "shares", "drain" },
	{ "shares", "drain", "--wait", "0.000001" },
	{ "shares", "resume" },
	{ "shares", "weight", "3" },
	{ "shares", "set", "--epoch", "2", "--ttl", "5", "--dead", "gamma", "alpha=2", "beta" },
	{ "shares", "released", "--epoch", "2", "--asking", "beta" },
	{ "log-level" },
	{ "log-level", "debug" },
	{ "version" },
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

/* --- the server --- */

static struct target_input answers;
static bool is_binary; /* the next one */
static int server = -1;

static void close_server(void)
{
	if (server >= 0)
		close(server);
	server = -1;
}

/* In place of connect(2): the socket becomes one end of a pair, with the next answer. */
int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	struct target_input answer =
		is_binary ? target_part(&answers) : target_until(&answers, '\0');
	int pair[2];

	(void)address;
	(void)len;
	is_binary = false;
	if (!answer.size || *answer.data == '!') {
		errno = answer.size ? EACCES : ECONNREFUSED;
		return -1;
	}
	close_server();
	target_check(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) &&
			     dup2(pair[0], fd) == fd,
		     "a socket");
	close(pair[0]);
	server = pair[1];
	target_check(send(server, answer.data, answer.size, MSG_DONTWAIT) > 0, "cannot send");
	shutdown(server, SHUT_WR);
	return 0;
}

/* Nobody waits for the daemon here. */
int nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)time;
	(void)rest;
	return 0;
}

static bool is_interrupted; /* the last call was */

/* Every other call, from an input's first on, is interrupted by a signal that says nothing about
 * the end. */
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec left = timeout ? *timeout : (struct timespec){ 0 };

	is_interrupted = !is_interrupted;
	if (!is_interrupted)
		return (int)syscall(SYS_ppoll, fds, count, timeout ? &left : NULL, mask, _NSIG / 8);
	errno = EINTR;
	return -1;
}

/* --- one run --- */

static void run(size_t line)
{
	char *argv[WORDS_MAX + 4] = { "clusterarpctl", "--socket", "control.sock" };
	struct ctl_options options;
	int argc = 3, rc;

	for (size_t i = 0; i < WORDS_MAX && lines[line][i]; i++)
		argv[argc++] = target_must(strdup(lines[line][i]));
	optind = 0; /* getopt_long(3): from the beginning */
	rc = ctl_options_read(&options, argc, argv, ctl_commands);
	target_check(rc < 0, "not a command line: %zu", line);
	rc = options.command->run(&options);
	target_check(rc >= 0 && rc <= 3, "exit status %d", rc);
	ctl_options_free(&options);
	for (int i = 3; i < argc; i++)
		free(argv[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setenv("TZ", "UTC", 1);
	target_enter_folder();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_input in = { data, size };
	size_t line = target_byte(&in) % LINES;
	struct target_output output;

	answers = in;
	is_interrupted = false;
	is_binary = !strcmp(lines[line][0], "capture");
	target_output_begin(&output);
	run(line);
	target_output_end(&output);
	target_output_free(&output);
	close_server();
	unlink(FILE_NAME);
	return 0;
}
