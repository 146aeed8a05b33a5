/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters: the names of the drop reasons; see counters.h. */
#include "core/counters.h"

#include <stddef.h>

static const char *const drop_names[DROP_REASONS] = {
	[DROP_ECHO] = "echo",
	[DROP_NOT_OURS] = "not_ours",
	[DROP_PEER_ADDRESS] = "peer_address",
	[DROP_ELSEWHERE] = "elsewhere",
	[DROP_OTHER_SHARE] = "other_share",
	[DROP_NO_LEASE] = "no_lease",
	[DROP_STRICT] = "strict",
	[DROP_SPOOFED] = "spoofed",
	[DROP_CONFLICT] = "conflict",
	[DROP_MALFORMED] = "malformed",
	[DROP_TOO_LONG] = "too_long",
	[DROP_NIC_BUSY] = "nic_busy",
	[DROP_TAP_BUSY] = "tap_busy",
	[DROP_KERNEL_RING] = "kernel_ring",
};

const char *counters_drop_name(unsigned reason)
{
	return reason < DROP_REASONS ? drop_names[reason] : NULL;
}
