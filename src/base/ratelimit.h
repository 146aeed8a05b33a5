/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ratelimit: at most so many lines a second, and how many were left out.
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

/* May one more pass at `now_ms` (monotonic milliseconds)? If not, it is counted. */
bool ratelimit_allow(struct ratelimit *r, uint64_t now_ms);
/* How many were left out since this was asked last. */
uint64_t ratelimit_take_suppressed(struct ratelimit *r);

#endif
