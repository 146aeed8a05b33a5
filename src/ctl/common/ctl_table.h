/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_table: a table whose columns are as wide as their widest cell.
 *
 * Cells are added one after the other, from left to right, row by row. If the table would be wider
 * than CTL_COLUMNS, names and addresses are cut, with a '~' in the place of what is missing.
 */
#ifndef CLUSTERARPD_CTL_COMMON_CTL_TABLE_H
#define CLUSTERARPD_CTL_COMMON_CTL_TABLE_H

#include "ctl/common/ctl_text.h"

struct ctl_table;

/* `alignment`: for each column 'l' or 'r'; 'n': a name, to the left, which may lose its middle;
 * 'a': an address, to the left, which may lose its beginning: in a cluster the ends differ. It is
 * borrowed. */
struct ctl_table *ctl_table_create(const char *alignment);
/* Add a cell. The text is cleaned with ctl_clean(). */
void ctl_cell(struct ctl_table *table, enum ctl_colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Add the number `key` of `object`, in this colour unless it is 0; add it as bytes, with a unit. */
void ctl_number_cell(struct ctl_table *table, const json_t *object, const char *key,
		     enum ctl_colour colour);
void ctl_bytes_cell(struct ctl_table *table, const json_t *object, const char *key);
/* Add several cells, given as strings; NULL ends the list. */
void ctl_cells(struct ctl_table *table, const char *text, ...) __attribute__((sentinel));
/* Prints the table, with `indent` before each row, and frees it. */
void ctl_table_print(struct ctl_table *table, const char *indent);

#endif
