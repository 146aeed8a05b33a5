/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report_line: lines of the control protocol (clients/control.h), and values in them.
 */
#ifndef CLUSTERARPD_REPORT_REPORT_LINE_H
#define CLUSTERARPD_REPORT_REPORT_LINE_H

#include <jansson.h>

#include "base/addr.h"

#define REPORT_SCHEMA_VERSION 1

/* `root` as a line from malloc(), with schema_version added. The reference to `root` is taken;
 * `root` may be NULL (out of memory). NULL: out of memory. */
char *report_line(json_t *root);
/* The refusal of a request, as such a line. */
char *report_line_refusal(const char *message);

/* The name of an interface; bytes that are not printable ASCII become '?'. */
json_t *report_line_name(const char *name);
json_t *report_line_mac(const struct mac *mac);

#endif
