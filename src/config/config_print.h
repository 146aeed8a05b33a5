/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_print: a configuration in the syntax of its file.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_PRINT_H
#define CLUSTERARPD_CONFIG_CONFIG_PRINT_H

#include <stdio.h>

#include "config/config.h"

/* Write what the file resolves to, in the syntax of the file; config_read() can read it again. */
void config_print(const struct config *c, FILE *out);

#endif
