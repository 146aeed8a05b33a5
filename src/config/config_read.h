/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_read: reads clusterarpd.conf (SPEC 6) into a struct config.
 *
 * Every mistake is reported with its line. Only a file without mistakes gives a struct config.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_READ_H
#define CLUSTERARPD_CONFIG_CONFIG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config/config.h"
#include "config/config_report.h"

/* Read a configuration. Returns it (free it with config_free()) if there was no error, else NULL.
 * In both cases `report` (zeroed by the caller; config_report_clear() afterwards) receives every
 * error and warning. Reads `stream` to its end and leaves it open. */
struct config *config_read(FILE *stream, struct config_report *report);

/* Likewise, the file of a command line: a path, or "-" for standard input. */
struct config *config_read_path(const char *path, struct config_report *report);
/* Does the path mean standard input? */
bool config_path_is_stdin(const char *path);
/* The path as it is in messages. */
const char *config_path_name(const char *path);

#endif
