/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyed_lines: text for a later run of the same program: lines of a key, a space and a value. The
 * reader knows which key comes next, and takes nothing else.
 */
#ifndef CLUSTERARPD_BASE_KEYED_LINES_H
#define CLUSTERARPD_BASE_KEYED_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What reads; all else zero at the beginning. */
struct keyed_lines {
	FILE *in;
	char *line;
	size_t room;
};

void keyed_lines_clear(struct keyed_lines *lines);
/* The value of the next line, valid until the line after. NULL: it has another key, or there is no
 * whole line. */
const char *keyed_lines_text(struct keyed_lines *lines, const char *key);
/* A decimal number from 0 to `most`. False: it is not; *out is undefined. */
bool keyed_lines_number(struct keyed_lines *lines, const char *key, uint64_t most, uint64_t *out);
/* `count` numbers from 0 to `most`, as keyed_lines_write_row() writes them. */
bool keyed_lines_row(struct keyed_lines *lines, const char *key, uint64_t most, uint64_t *row,
		     size_t count);

/* As runs of equal numbers: "key 0x4000 77x96". */
void keyed_lines_write_row(FILE *out, const char *key, const uint64_t *row, size_t count);

#endif
