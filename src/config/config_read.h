/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_read: clusterarpd.conf (SPEC 6) into a struct config.
 *
 * A file is read as a whole or not at all: every mistake is reported with its
 * line, and only a file without any gives a struct config.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_READ_H
#define CLUSTERARPD_CONFIG_CONFIG_READ_H

#include <stddef.h>
#include <stdio.h>

#include "config/config.h"
#include "config/config_report.h"

/* Read a configuration. Returns it (free with config_free) when there was no
 * error, else NULL. `report` (zeroed by the caller; config_report_clear after)
 * receives every error and warning, in both cases. Reads `stream` to its end and
 * leaves it open. */
struct config *config_read(FILE *stream, struct config_report *report);

/* Reports, as errors at their lines, the settings that SPEC 6 knows and this
 * version cannot carry out yet. Returns their number. */
size_t config_unsupported(const struct config *c, struct config_report *report);

#endif
