/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_keys: the keys of a configuration file and their values.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_KEYS_H
#define CLUSTERARPD_CONFIG_CONFIG_KEYS_H

#include "config/config_draft.h"

/* One setting. */
void config_key_set(struct draft *d, struct section *s, const char *name, const char *value,
		    unsigned line);
/* A line in section `s` is lost; mark the key that it seems to begin with. */
void config_key_lost(struct section *s, const char *text);

#endif
