/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * repeats: which log lines to write about events that repeat: the same reason, MAC and IP address.
 *
 * One line when such events begin, one each minute with their number while they go on, and one with
 * the total when there has been none for REPEATS_QUIET_MS. An event that does not repeat has one
 * line. All these lines count against a limit of lines per second. What they cannot tell because of
 * that limit is added to the limit's suppressed events.
 *
 * The table is bounded, because other hosts can make up MACs and addresses. While it is full,
 * events of a new kind have a line each, as far as the limit allows; what is in the table stays
 * there. Each call takes constant time. There is no clock: `now` is monotonic milliseconds, and
 * never decreases.
 */
#ifndef CLUSTERARPD_REPORT_REPEATS_H
#define CLUSTERARPD_REPORT_REPEATS_H

#include "base/addr.h"
#include "base/ratelimit.h"

#define REPEATS_MAX       256 /* entries */
#define REPEATS_MINUTE_MS 60000
#define REPEATS_QUIET_MS  20000
#define REPEATS_NEVER     UINT64_MAX

/* Compared as raw bytes: there is no padding. */
struct repeats_key {
	uint8_t reason; /* the caller's */
	struct mac mac;
	struct ip_addr ip;
};

struct repeats_line {
	struct repeats_key key;
	bool is_over;   /* the last line about these events */
	uint64_t count; /* events since the line before */
	uint64_t total; /* events since they began */
};

struct repeats;

/* `limit` is borrowed; the caller may use it for other lines, too. NULL: out of memory. */
struct repeats *repeats_create(struct ratelimit *limit);
void repeats_destroy(struct repeats *repeats);

/* An event. True: write its line, the first about these events. */
bool repeats_add(struct repeats *repeats, const struct repeats_key *key, uint64_t now);
/* A line about events that go on or are over, if one is due; call it until it returns false. */
bool repeats_next(struct repeats *repeats, uint64_t now, struct repeats_line *line);
/* When repeats_next() has to be called. REPEATS_NEVER: the table is empty. repeats_add() never
 * makes it earlier, except in an empty table. */
uint64_t repeats_deadline(const struct repeats *repeats);
/* Forget everything; events that no line has told are added to the limit's suppressed ones. */
void repeats_forget(struct repeats *repeats);

#endif
