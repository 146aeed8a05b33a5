/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backoff: waits before the exit after a failed start; see backoff.h. */
#include "daemon/backoff.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "io/notify.h"

#define FIRST_MS   200
#define MOST_MS    10000
#define UNKNOWN_MS 1000 /* if the service manager does not say how often it started the daemon */

static unsigned delay_ms(void)
{
	int restarts = notify_restarts();
	unsigned ms = FIRST_MS;

	if (restarts < 0)
		return UNKNOWN_MS;
	if (restarts == 0)
		return 0;
	while (--restarts > 0 && ms < MOST_MS)
		ms *= 2;
	return ms < MOST_MS ? ms : MOST_MS;
}

bool backoff_wait(void)
{
	unsigned ms = notify_is_expected() ? delay_ms() : 0;
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
	char text[64];
	sigset_t set;
	int rc;

	if (!ms)
		return true;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	snprintf(text, sizeof(text), "cannot start; the next try is in %u.%u s", ms / 1000,
		 ms % 1000 / 100);
	log_notice("%s", text);
	notify_status(text);
	do
		rc = sigtimedwait(&set, NULL, &time);
	while (rc < 0 && errno == EINTR);
	return rc < 0;
}
