/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ratelimit: limit events per second; see ratelimit.h. */
#include "base/ratelimit.h"

bool ratelimit_allow(struct ratelimit *r, uint64_t now_ms)
{
	uint64_t second = now_ms / 1000;

	if (second != r->second) {
		r->second = second;
		r->used = 0;
	}
	if (r->used >= r->per_second) {
		r->suppressed++;
		return false;
	}
	r->used++;
	return true;
}

uint64_t ratelimit_take_suppressed(struct ratelimit *r)
{
	uint64_t n = r->suppressed;

	r->suppressed = 0;
	return n;
}
