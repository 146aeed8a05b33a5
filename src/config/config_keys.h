/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_keys: the keys of a configuration file and their values.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_KEYS_H
#define CLUSTERARPD_CONFIG_CONFIG_KEYS_H

#include "config/config_draft.h"

/* Store the setting `name` = `value` of section `s` in the draft, or report what is wrong. */
void config_key_set(struct draft *d, struct section *s, const char *name, const char *value,
		    unsigned line);
/* A line in section `s` could not be read: mark the key that it probably sets as bad, so that it is
 * not reported as missing too. */
void config_key_lost(struct section *s, const char *text);

#endif
