/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ratelimit: let a limited number of events per second pass, and count the suppressed ones.
 */
#ifndef CLUSTERARPD_BASE_RATELIMIT_H
#define CLUSTERARPD_BASE_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	unsigned per_second; /* set by the caller; the rest starts as zero */
	uint64_t second;
	unsigned used;
	uint64_t suppressed;
};

/* True if one more event may pass at `now_ms` (monotonic milliseconds); otherwise it is counted as
 * suppressed. */
bool ratelimit_allow(struct ratelimit *r, uint64_t now_ms);
/* Number of events suppressed since the last call. */
uint64_t ratelimit_take_suppressed(struct ratelimit *r);

#endif
