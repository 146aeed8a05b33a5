/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_lines: reads a configuration file line by line, through inih.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_LINES_H
#define CLUSTERARPD_CONFIG_CONFIG_LINES_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config_draft.h"

/* Read the stream to its end into the draft. False: a read error; checks of the incomplete draft
 * would mislead. */
bool config_lines_read(FILE *stream, struct draft *d);

#endif
