/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_shares: the shares as JSON and for Prometheus; see report_shares.h. */
#include "report/report_shares.h"

const char *report_share_state_name(enum share_state state)
{
	static const char *const names[] = {
		[SHARE_ACTIVE] = "active",     [SHARE_DRAINING] = "draining",
		[SHARE_DRAINED] = "drained",   [SHARE_GONE] = "gone",
		[SHARE_NO_LEASE] = "no_lease",
	};

	return names[state];
}
