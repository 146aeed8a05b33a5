/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * problems: what is wrong now and needs the operator, for `status` (SPEC 7, 12). The daemon goes on
 * running with it.
 *
 * Each problem has an id, a word that never changes its meaning, so that programs can look for it.
 * The module that finds a problem sets it, sets it again with another text when it changes, and
 * clears it when it is over; it writes the log lines itself.
 */
#ifndef CLUSTERARPD_REPORT_PROBLEMS_H
#define CLUSTERARPD_REPORT_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBLEMS_MAX      32 /* a warning makes room for a critical one */
#define PROBLEMS_TEXT_MAX 512

/* PROBLEM_WARNING: it works, but not as configured. PROBLEM_CRITICAL: this node, or an address of
 * it, cannot be reached. */
enum problem_severity { PROBLEM_WARNING, PROBLEM_CRITICAL };

struct problem {
	const char *id;
	enum problem_severity severity;
	char text[PROBLEMS_TEXT_MAX];
	uint64_t until; /* ends by itself then, in the caller's ms; 0: it does not */
};

struct problems;

/* NULL: out of memory. */
struct problems *problems_create(void);
void problems_destroy(struct problems *problems);

/* There is this problem, and the text says what it is and what to do. `id` must be a string
 * literal. The text is cut if it is too long; bytes that are not printable ASCII become '?'. True:
 * it is new, or its severity or text has changed. */
bool problems_set(struct problems *problems, const char *id, enum problem_severity severity,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for what is only seen when it happens: it is over at `until` unless it is set again. */
bool problems_set_until(struct problems *problems, uint64_t until, const char *id,
			enum problem_severity severity, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Clear those whose time is over. */
void problems_expire(struct problems *problems, uint64_t now);
/* It is over. True: there was this problem. */
bool problems_clear(struct problems *problems, const char *id);

/* The problems, the critical ones first, otherwise in the order in which they were set first. */
size_t problems_count(const struct problems *problems);
const struct problem *problems_get(const struct problems *problems, size_t index);
/* "warning", "critical". */
const char *problems_severity_name(enum problem_severity severity);

#endif
