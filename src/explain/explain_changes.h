/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_changes: what is different in a frame before and after the rules: by comparing the bytes,
 * whoever has changed them.
 */
#ifndef CLUSTERARPD_EXPLAIN_EXPLAIN_CHANGES_H
#define CLUSTERARPD_EXPLAIN_EXPLAIN_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explain_format { EXPLAIN_MAC, EXPLAIN_IPV4, EXPLAIN_IPV6, EXPLAIN_HEX };

/* A field that is different: all of it, at `offset` in the frame. */
struct explain_change {
	const char *field;
	size_t offset, len;
	enum explain_format format;
	uint8_t before[16], after[16];
};

struct explain_changes {
	struct explain_change *list;
	size_t count;
	/* private */
	size_t size;
};

/* Compare `len` bytes of a frame. A byte that is different and in no field that the rules know is a
 * change of its own. The list replaces the one before; `changes` must be zeroed before the first
 * call. False: out of memory. */
bool explain_changes(struct explain_changes *changes, uint8_t *before, const uint8_t *after,
		     size_t len);
void explain_changes_free(struct explain_changes *changes);

/* A value as text: into buf, which it returns. */
#define EXPLAIN_VALUE_SIZE 48
char *explain_changes_value(const struct explain_change *change, const uint8_t value[16],
			    char buf[EXPLAIN_VALUE_SIZE]);

#endif
