/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_private: what the parts of config share; nothing else includes it.
 *
 * A file passes through three stages. config_lines reads it line by line, finds the
 * sections, and hands what is left to inih; config_keys turns each key and value into
 * a field of the draft; config_check then looks at the whole, and works out the MACs.
 * A stage that finds a mistake leaves a mark (`bad`, `lost`), so that the stages
 * behind it do not report what only follows from it.
 */
#ifndef CLUSTERARPD_CONFIG_CONFIG_PRIVATE_H
#define CLUSTERARPD_CONFIG_CONFIG_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/addr.h"
#include "config/config.h"

#define CONFIG_LINE_MAX     198 /* inih's buffer of 200, less newline and NUL */
#define CONFIG_SECTION_MAX  49  /* inih's MAX_SECTION, less the NUL */
#define CONFIG_ID_MAX       190 /* 02:bf is the cluster MAC's own beginning */
#define CONFIG_MTU_MIN      68
#define CONFIG_MTU_MIN_IPV6 1280

enum section_kind { SECTION_CLUSTER = 1, SECTION_NODE = 2 };

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
	KEY_GATEWAY,
	KEY_MTU,
	KEY_ID,
	KEY_COUNT
};

/* What the file says of one section, beside the values themselves. */
struct section {
	enum section_kind kind;
	size_t index;                 /* of the node in config->nodes */
	unsigned line;                /* of its header; 0: not in the file */
	unsigned last_line;           /* of its last header, where it is repeated */
	unsigned key_line[KEY_COUNT]; /* where a key is first given; 0: nowhere */
	unsigned bad;                 /* bit per key: given, but not understood */
	bool has_mac;                 /* `mac` is given, and not auto */
	struct mac mac;
	unsigned *address_line; /* of each of its addresses */
};

/* A file while it is read. */
struct draft {
	struct config *config;
	struct config_report *report;
	struct section cluster;
	struct section *nodes; /* parallel to config->nodes */
	unsigned lost;         /* kinds of section that an unreadable line may have begun */
	bool has_content;      /* anything but comments and blanks */
};

/* Lists of values, ended by NULL; the index is the enum's value. */
extern const char *const config_dedicated_mac_values[];
extern const char *const config_source_mac_values[];
extern const char *const config_arp_values[];
extern const char *const config_advertise_values[];
extern const char *const config_datapath_values[];
extern const char *const config_neigh_values[];
extern const char *const config_flag_values[];

/* Text from the file for a message: in single quotes, everything that is not
 * printable ASCII as \xNN, cut where it gets long. Returns buf. */
#define CONFIG_QUOTE_SIZE 128
char *config_quote(const char *text, char *buf);
#define QUOTE(text) config_quote((text), (char[CONFIG_QUOTE_SIZE]){ 0 })

/* The entry of `list` (ended by NULL) that `word` was probably meant to be, or
 * NULL. */
const char *config_suggest(const char *word, const char *const *list);

/* "node 'alpha'", or "this node" where its name could not be read. Returns buf. */
#define CONFIG_LABEL_SIZE (CONFIG_NAME_MAX + 8)
char *config_node_label(const struct config_node *node, char *buf);
#define LABEL(node) config_node_label((node), (char[CONFIG_LABEL_SIZE]){ 0 })

/* config_lines: read the stream to its end into the draft. False: it could not be
 * read whole, and checks of the whole would mislead. */
bool config_lines_read(FILE *stream, struct draft *d);

/* config_keys: one setting. */
void config_key_set(struct draft *d, struct section *s, const char *name, const char *value,
		    unsigned line);
/* A line in section `s` is lost; mark the key that it seems to begin with. */
void config_key_lost(struct section *s, const char *text);
/* What is wrong with `ip` as a host's address ("a multicast address"), or NULL. */
const char *config_address_flaw(const struct ip_addr *ip);

/* config_check: what only the whole file shows; works out every MAC. */
void config_check(struct draft *d);

/* config_macs: work out every MAC; report what keeps one from it, and clashes. */
void config_macs_resolve(struct draft *d);
/* Has node i a group MAC, as far as is known? Needs no resolved MACs. */
bool config_has_group_mac(const struct draft *d, size_t i);
/* The first node with a group MAC, or NULL. */
const struct config_node *config_find_group_mac(const struct draft *d);

/* config_seen: who holds what may be in a file only once. */
enum holder_role { HOLDS_CLUSTER, HOLDS_DEDICATED, HOLDS_MASKED };
struct holder {
	const struct config_node *node; /* NULL: the cluster */
	unsigned line;                  /* to name in a message */
	enum holder_role role;          /* of a MAC */
	bool is_explicit;               /* a MAC that `mac =` gives */
};
struct seen; /* an empty table is a NULL pointer */
/* Who holds `key` (at most CONFIG_NAME_MAX bytes) already; or NULL, and then it is
 * `holder` from now on. */
const struct holder *config_seen_add(struct seen **table, const void *key, size_t length,
				     const struct holder *holder, struct config_report *report);
void config_seen_clear(struct seen **table);

static inline bool key_bad(const struct section *s, enum config_key key)
{
	return s->bad & 1u << key;
}

/* Given, and understood. */
static inline bool key_good(const struct section *s, enum config_key key)
{
	return s->key_line[key] && !key_bad(s, key);
}

/* Neither given nor meant to be. */
static inline bool key_missing(const struct section *s, enum config_key key)
{
	return !s->key_line[key] && !key_bad(s, key);
}

static inline void config_out_of_memory(struct config_report *report)
{
	config_report_add(report, true, 0, "out of memory");
}

#endif
