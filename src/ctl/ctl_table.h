/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_table: rows whose columns are as wide as what stands in them.
 *
 * Cells are added one after the other, from left to right; a row is full with its last column.
 */
#ifndef CLUSTERARPD_CTL_CTL_TABLE_H
#define CLUSTERARPD_CTL_CTL_TABLE_H

#include "ctl/ctl_text.h"

struct ctl_table;

/* `alignment`: for each column 'l' or 'r'; it is borrowed. */
struct ctl_table *ctl_table_create(const char *alignment);
/* The text is cleaned of what a terminal would obey. */
void ctl_cell(struct ctl_table *table, enum ctl_colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The number `key` of `object`, in that colour unless it is 0; the same in bytes, with a unit. */
void ctl_number_cell(struct ctl_table *table, const json_t *object, const char *key,
		     enum ctl_colour colour);
void ctl_bytes_cell(struct ctl_table *table, const json_t *object, const char *key);
/* As many cells, given as strings; NULL ends them. */
void ctl_cells(struct ctl_table *table, const char *text, ...) __attribute__((sentinel));
/* Prints the table, with `indent` before each row, and frees it. */
void ctl_table_print(struct ctl_table *table, const char *indent);

#endif
