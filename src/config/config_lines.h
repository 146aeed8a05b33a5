/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_lines: a configuration file, line by line, through inih.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_LINES_H
#define CLUSTERARPD_CONFIG_CONFIG_LINES_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config_draft.h"

/* Read the stream to its end into the draft. False: it could not be
 * read whole, and checks of the whole would mislead. */
bool config_lines_read(FILE *stream, struct draft *d);

#endif
