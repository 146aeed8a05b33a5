/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ctl_stream: waits for the parts of an endless answer; see ctl_stream.h. */
#include "ctl/common/ctl_stream.h"

#include <poll.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t is_stopped;
static sigset_t stops, outside; /* the signals that stop it; the signal mask outside ctl_wait() */

/* A second signal kills the process, because a blocked output may delay a clean end. It must come
 * one to two seconds after the first, or later: timeout(1) sends two signals at once. */
static void stop(int number)
{
	static time_t first;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!is_stopped)
		first = now.tv_sec;
	is_stopped = 1;
	if (now.tv_sec - first < 2)
		return;
	signal(number, SIG_DFL);
	raise(number);
}

/* SIGINT is caught even if it was ignored: a shell starts background commands with SIGINT ignored,
 * and a SIGINT that is sent nevertheless is meant to stop the program. An ignored SIGHUP stays
 * ignored, for nohup(1). */
void ctl_stream_init(void)
{
	const struct sigaction stopping = { .sa_handler = stop };
	const struct sigaction ignoring = { .sa_handler = SIG_IGN };
	struct sigaction hangup;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaction(SIGINT, &stopping, NULL);
	sigaction(SIGTERM, &stopping, NULL);
	sigaction(SIGPIPE, &ignoring, NULL);
	if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler == SIG_IGN)
		return;
	sigaddset(&stops, SIGHUP);
	sigaction(SIGHUP, &stopping, NULL);
}

static enum ctl_event wait_blocked(const struct ctl_answer *answer, int out)
{
	struct pollfd fds[] = { { .fd = answer->fd, .events = POLLIN }, { .fd = out } };

	while (!is_stopped) {
		if (ppoll(fds, 2, NULL, &outside) <= 0)
			continue;
		if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			return CTL_UNREAD;
		if (fds[0].revents)
			return CTL_BYTES;
	}
	return CTL_STOPPED;
}

/* The signals are blocked, except inside ppoll(2), so that a signal between the test of is_stopped
 * and ppoll(2) is not missed. */
enum ctl_event ctl_wait(const struct ctl_answer *answer, int out)
{
	enum ctl_event event;

	sigprocmask(SIG_BLOCK, &stops, &outside);
	event = wait_blocked(answer, out);
	sigprocmask(SIG_SETMASK, &outside, NULL);
	return event;
}
