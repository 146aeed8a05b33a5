/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_draft: the state of a configuration file while it is read.
 *
 * A file passes through three stages. config_lines reads it line by line, finds the sections, and
 * passes the settings to inih; config_keys turns each key and value into a field of the draft;
 * config_check then checks the file as a whole and resolves the MACs. A stage that finds a mistake
 * sets a mark (`bad`, `lost`), so that later stages do not report what only follows from it.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_DRAFT_H
#define CLUSTERARPD_CONFIG_CONFIG_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "config/config.h"
#include "config/config_report.h"

#define CONFIG_LINE_MAX     198   /* inih's buffer of 200, less newline and NUL */
#define CONFIG_SECTION_MAX  49    /* inih's MAX_SECTION, less the NUL */
#define CONFIG_ID_MAX       190   /* 191 would give 02:bf, as the cluster MAC begins */
#define CONFIG_LIVENESS_MIN 100   /* ms */
#define CONFIG_LIVENESS_MAX 60000 /* ms */
#define CONFIG_MTU_MIN      68
#define CONFIG_MTU_MIN_IPV6 1280

enum section_kind { SECTION_CLUSTER = 1, SECTION_NODE = 2, SECTION_COROSYNC = 4 };

enum config_key {
	KEY_INTERFACE,
	KEY_TAP,
	KEY_ADDRESS,
	KEY_MAC,
	KEY_DEDICATED_MAC,
	KEY_SOURCE_MAC,
	KEY_ARP,
	KEY_ADVERTISE,
	KEY_STRICT,
	KEY_DATAPATH,
	KEY_NEIGH,
	KEY_ADOPT,
	KEY_FORWARD,
	KEY_SHARES,
	KEY_AFFINITY,
	KEY_LIVENESS,
	KEY_GATEWAY,
	KEY_MTU,
	KEY_ID,
	KEY_WEIGHT,
	KEY_COROSYNC_ID,
	KEY_GROUP,
	KEY_NO_QUORUM,
	KEY_COUNT
};

/* What the file says about one section, apart from the values themselves. */
struct section {
	enum section_kind kind;
	size_t index;                 /* of the node in config->nodes */
	unsigned line;                /* of its header; 0: not in the file */
	unsigned last_line;           /* of its last header, if it is repeated */
	unsigned key_line[KEY_COUNT]; /* where each key is first set; 0: not set */
	unsigned bad;                 /* bit per key: set, or meant to be, but not valid */
	bool has_mac;                 /* `mac` is set, and not auto */
	struct mac mac;
	unsigned *address_line; /* line of each address */
};

/* A file while it is read. */
struct draft {
	struct config *config;
	struct config_report *report;
	struct section cluster, corosync;
	struct section *nodes; /* parallel to config->nodes */
	unsigned lost;         /* kinds of section that an unreadable line may have begun */
	unsigned gateway_line[CONFIG_FAMILIES]; /* of each gateway; 0: not set */
	bool has_content; /* the file has more than comments and blank lines */
};

static inline bool key_bad(const struct section *s, enum config_key key)
{
	return s->bad & 1u << key;
}

/* Set, and valid. */
static inline bool key_good(const struct section *s, enum config_key key)
{
	return s->key_line[key] && !key_bad(s, key);
}

/* Neither set nor meant to be set. */
static inline bool key_missing(const struct section *s, enum config_key key)
{
	return !s->key_line[key] && !key_bad(s, key);
}

#endif
